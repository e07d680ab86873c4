import type { SqlDialect } from '../sql';

/** What a thread says once, before it is asked anything. */
export const ready = 'ready';

/** What a thread is asked. */
export interface Question {
  dialect: SqlDialect;
  sql: string;
}

/** What it answers. */
export interface Answer {
  /** Words that follow "sql"; undefined when the statement is accepted. */
  problem: string | undefined;
  /** The parser broke on this text: whatever it holds in memory now is not to be trusted. */
  isBroken: boolean;
}

export const tooComplex = 'is nested too deeply or too large to be checked; make it simpler';
