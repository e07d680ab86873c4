import { type NewRun, type OrgScope, poolOf, type Run } from '../models';

/** A row of runs, as `runColumns` selects it. */
export interface RunRow {
  id: string;
  org_id: string;
  kind: Run['kind'];
  datasource_id: string;
  query_id: string | null;
  created_by: string;
  origin: Run['origin'];
  pool: Run['pool'];
  state: Run['state'];
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
  attempt: number;
  session_id: string | null;
  error_class: Run['errorClass'];
  error_message: string | null;
  failures: number;
  lost: number;
  cancel_requested_at: Date | null;
  result_id: string | null;
  replay_of: string | null;
  schedule_id: string | null;
}

export const runColumns = [
  'id', 'org_id', 'kind', 'datasource_id', 'query_id', 'created_by', 'origin', 'pool', 'state', 'created_at',
  'started_at', 'finished_at', 'attempt', 'session_id', 'error_class', 'error_message', 'failures', 'lost',
  'cancel_requested_at', 'result_id', 'replay_of', 'schedule_id',
] as const; // prettier-ignore

export const runOf = (row: RunRow): Run => ({
  id: row.id,
  orgId: row.org_id,
  kind: row.kind,
  datasourceId: row.datasource_id,
  queryId: row.query_id,
  createdBy: row.created_by,
  origin: row.origin,
  pool: row.pool,
  state: row.state,
  createdAt: row.created_at,
  startedAt: row.started_at,
  finishedAt: row.finished_at,
  attempt: row.attempt,
  sessionId: row.session_id,
  errorClass: row.error_class,
  errorMessage: row.error_message,
  failures: row.failures,
  lost: row.lost,
  cancelRequestedAt: row.cancel_requested_at,
  resultId: row.result_id,
  replayOf: row.replay_of,
  scheduleId: row.schedule_id,
});

export type MadeRun = Pick<RunRow, 'id' | 'created_at'>;

/** A run that was made just now: the rest is what was asked for, and to have it sent back takes time. */
export const newRunOf = ({ orgId }: OrgScope, run: NewRun, { id, created_at }: MadeRun): Run => ({
  id,
  orgId,
  kind: run.kind,
  datasourceId: run.datasourceId,
  queryId: run.queryId,
  createdBy: run.createdBy,
  origin: run.origin,
  pool: poolOf(run.origin),
  state: 'queued',
  createdAt: created_at,
  startedAt: null,
  finishedAt: null,
  attempt: 0,
  sessionId: null,
  errorClass: null,
  errorMessage: null,
  failures: 0,
  lost: 0,
  cancelRequestedAt: null,
  resultId: null,
  replayOf: null,
  scheduleId: run.scheduleId ?? null,
});
