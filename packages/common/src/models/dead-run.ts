import type { RunErrorClass } from './run-errors';

/** Which dead runs are meant; absent means all of that kind. */
export interface DeadRunFilter {
  queryId?: string;
  datasourceId?: string;
  errorClass?: RunErrorClass;
}

/** Dead runs by name, or those that a filter finds and that nobody has replayed yet, oldest first. */
export type DeadRunSelection = { ids: readonly string[] } | { filter: DeadRunFilter };

/** Most runs that one replay in bulk makes. */
export const maxReplays = 1_000;

/** Why a run that was named is not replayed. */
export type ReplayObstacle = 'not_found' | 'not_dead' | 'deleted' | 'blocked' | 'queue_full';

/** What a replay in bulk would do, or did. */
export interface ReplayReport {
  dryRun: boolean;
  /** Dead runs that are replayed, oldest first. */
  runIds: string[];
  /** The new runs; none in a dry run. */
  replays: { runId: string; replayOf: string }[];
  skipped: { runId: string; reason: ReplayObstacle }[];
  /** What the filter finds beyond `maxReplays`: for the next call. */
  remaining: number;
}
