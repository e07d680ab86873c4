import type { RunErrorClass } from './run-errors';
import type { RunState } from './run-states';

/** Why a run exists. */
export type RunOrigin = 'api' | 'schedule' | 'trigger' | 'replay';

/** `query` executes a statement; `probe` tests a connection; `describe` reads a schema. */
export type RunKind = 'query' | 'probe' | 'describe';

/** Runs wait and are admitted pool by pool; a pool without runners holds up no other. */
export const runPools = ['interactive', 'scheduled', 'quarantine', 'control'] as const;

export type RunPool = (typeof runPools)[number];

/** The pools in which organizations take turns, in the order in which a dispatcher visits them. */
export const fairPools = ['interactive', 'scheduled', 'quarantine'] as const satisfies readonly RunPool[];

export const poolOf = (origin: RunOrigin): RunPool => (origin === 'api' ? 'interactive' : 'scheduled');

/** What a runner does with a source beside executing statements. */
export type ControlKind = Exclude<RunKind, 'query'>;

/** A run as people see it. Times come from the database's clock. */
export interface Run {
  id: string;
  orgId: string;
  kind: RunKind;
  datasourceId: string;
  /** Null for ad-hoc runs. */
  queryId: string | null;
  createdBy: string;
  origin: RunOrigin;
  pool: RunPool;
  state: RunState;
  createdAt: Date;
  /** Begin of the latest attempt. */
  startedAt: Date | null;
  finishedAt: Date | null;
  attempt: number;
  /** The runner session that executes it, or did last. */
  sessionId: string | null;
  /** Why the latest attempt failed; null while none has. */
  errorClass: RunErrorClass | null;
  errorMessage: string | null;
  /** Failures that a runner reported, and runners that were lost while they executed it. */
  failures: number;
  lost: number;
  cancelRequestedAt: Date | null;
  resultId: string | null;
  /** The dead run that this one executes again. */
  replayOf: string | null;
  /** The schedule that made it, due or triggered. */
  scheduleId: string | null;
}

/** What a run needs to be inserted. Statement and values are bound already. */
export interface NewRun {
  kind: RunKind;
  datasourceId: string;
  queryId: string | null;
  queryVersion: number | null;
  /** Default: none. */
  scheduleId?: string;
  createdBy: string;
  statement: string;
  /** Values of $1 … $n in text form; null is SQL NULL. */
  boundValues: readonly (string | null)[];
  maxRows: number;
  timeoutSeconds: number;
  origin: RunOrigin;
  /** Seconds it may wait to begin before it ends as timed out. */
  queueDeadlineSeconds: number;
  /** Runs of the organization that may wait; where so many do, nothing is inserted. */
  maxQueuedPerOrg: number;
}

/** The proof that one runner holds one attempt of a run. A write that carries a stale one changes nothing. */
export interface RunFence {
  runId: string;
  attempt: number;
  sessionId: string;
}

/** The database that a run executes in, as the runner sees it. */
export interface RunDatasource {
  id: string;
  type: string;
  /** The connector's typed settings, secrets left out. */
  settings: Record<string, unknown>;
  /** The sealed secrets; null when they were destroyed with the datasource. */
  sealedSecrets: unknown;
  /** Rises with every change of settings or secrets. */
  version: number;
  deleted: boolean;
}

/** A run that a runner has claimed, with all it needs to execute it. */
export interface ClaimedRun extends RunFence {
  orgId: string;
  kind: RunKind;
  pool: RunPool;
  origin: RunOrigin;
  datasource: RunDatasource;
  statement: string;
  boundValues: (string | null)[];
  maxRows: number;
  /** Seconds from the claim; of a run in `control`, what its waiting left of its lifetime. */
  timeoutSeconds: number;
  failures: number;
  /** Runners that it has lost. */
  lost: number;
  preempts: number;
  /** By the database's clock, at the claim; null before the first failure. */
  secondsSinceFirstFailure: number | null;
  /** Seconds between becoming ready and this claim. */
  waitedSeconds: number;
}
