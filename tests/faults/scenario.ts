import type { RedisProbe } from './redis-probe';
import type { Customer } from './customer';
import type { FaultStack, FaultStackOptions } from './fault-stack';
import type { Load } from './load';
import type { Observations } from './observations';
import type { Rota } from './rota';
import type { Random } from './seeded-random';

/** How long faults last: for the ordinary test command, for the suite, or as they are defined. */
export type Scale = 'short' | 'scaled' | 'full';

/** Runs that execute until they are released. */
export interface HeldRuns {
  ids: string[];
  release(): Promise<void>;
}

export interface Stage {
  stack: FaultStack;
  customers: Customer[];
  load: Load;
  rota: Rota;
  random: Random;
  observations: Observations;
  redis: RedisProbe;
  /** When the scenario began, by the database's clock. */
  since: Date;
  /** A duration or count by the scale that is played. */
  choose(of: Record<Scale, number>): number;
  /** Starts runs of all organizations that execute until released, and resolves when they execute. */
  hold(count: number): Promise<HeldRuns>;
  /** The same, and does not wait for them to execute. */
  holdQueued(count: number): Promise<HeldRuns>;
}

/** Something that was expected, as it was seen. */
export interface Finding {
  text: string;
  ok: boolean;
}

/** Called once all runs have ended. */
export type Judge = () => Promise<Finding[]>;

export interface Scenario {
  id: string;
  injects: string;
  expects: string;
  /** Says where a duration is shorter than its definition. */
  scale?: string;
  /** Without the twenty runs a second and the schedules: the scenario makes its own. */
  isQuiet?: boolean;
  /** Why it cannot be played here; it is then reported so, and never as passed. */
  cannotRun?: () => string | undefined | Promise<string | undefined>;
  /** A Loupe of its own, not the one of the other scenarios. */
  ownStack?: () => FaultStackOptions | Promise<FaultStackOptions>;
  play(stage: Stage): Promise<Judge>;
}

export const atMost = (what: string, seconds: number, limit: number): Finding => ({
  text: `${what} ${seconds < 1 ? `${Math.round(seconds * 1_000)} ms` : `${seconds.toFixed(1)} s`}`,
  ok: seconds <= limit,
});

export const equal = (what: string, seen: number | string, expected: number | string): Finding => ({
  text: seen === expected ? `${what}: ${seen}` : `${what}: ${seen} instead of ${expected}`,
  ok: seen === expected,
});

export const none = (what: string, seen: readonly string[]): Finding => ({
  text: seen.length === 0 ? `no ${what}` : `${seen.length} ${what}: ${seen.slice(0, 3).join('; ')}`,
  ok: seen.length === 0,
});
