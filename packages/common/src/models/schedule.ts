import type { CronTimes } from './cron';
import type { OpaqueObject, Resource } from './resource';

/** What a save of a schedule can change. */
export interface ScheduleContent extends CronTimes {
  queryId: string;
  name: string;
  /** Name → value, as the person gave it; bound to the query's definitions at each fire. */
  parameters: OpaqueObject;
  tags: string[];
  enabled: boolean;
}

/** A query that is to run again and again. `version` rises with each save, and not when it fires. */
export interface Schedule extends ScheduleContent, Resource {
  /** When a run was last made by it, fired or triggered; null before. */
  lastRunAt: Date | null;
  /** Null while it is disabled, and only then. */
  nextRunAt: Date | null;
}

/**
 * What became of one time at which a schedule was due. `queued`: a run that waits to execute. `invalid_parameters`,
 * `query_blocked`, `queue_full`: a run that failed at once and says why. `query_gone`, `error`: no run.
 */
export const fireOutcomes = [
  'queued',
  'invalid_parameters',
  'query_blocked',
  'queue_full',
  'query_gone',
  'error',
] as const;

export type FireOutcome = (typeof fireOutcomes)[number];
