import type { Queryable } from '../../db';
import type { ClaimedRun, RunPool } from '../../models';
import { isIn } from '../one-run';

/** A dispatched run that may be claimed. */
export interface Hint {
  runId: string;
  epoch: number;
}

/** How runners take runs (T4). */
export interface ClaimRepository {
  /** dispatched → running, if the hint is of the current admission and the session may take it; else undefined. */
  claim(hint: Hint, sessionId: string): Promise<ClaimedRun | undefined>;
  /** At most `limit` runs of each pool, admitted at least `minAgeSeconds` ago, that nobody claimed; oldest first. */
  waiting(
    pools: readonly RunPool[],
    request: { minAgeSeconds: number; limit: number },
  ): Promise<(Hint & { pool: RunPool })[]>;
  /** Which runs of this session shall stop. */
  cancelled(sessionId: string): Promise<string[]>;
}

interface ClaimedRow {
  id: string;
  org_id: string;
  kind: ClaimedRun['kind'];
  pool: RunPool;
  origin: ClaimedRun['origin'];
  attempt: number;
  statement: string;
  bound_values: (string | null)[];
  max_rows: number;
  timeout_seconds: number;
  failures: number;
  lost: number;
  preempts: number;
  since_first_failure: number | null;
  waited: number;
  datasource_id: string;
  ds_type: string;
  settings: Record<string, unknown>;
  sealed: unknown;
  datasource_version: number;
  datasource_deleted: boolean;
}

const claimedOf = (row: ClaimedRow, sessionId: string): ClaimedRun => ({
  runId: row.id,
  attempt: row.attempt,
  sessionId,
  orgId: row.org_id,
  kind: row.kind,
  pool: row.pool,
  origin: row.origin,
  datasource: {
    id: row.datasource_id,
    type: row.ds_type,
    settings: row.settings,
    sealedSecrets: row.sealed,
    version: row.datasource_version,
    deleted: row.datasource_deleted,
  },
  statement: row.statement,
  boundValues: row.bound_values,
  maxRows: row.max_rows,
  timeoutSeconds: row.timeout_seconds,
  failures: row.failures,
  lost: row.lost,
  preempts: row.preempts,
  secondsSinceFirstFailure: row.since_first_failure,
  waitedSeconds: row.waited,
});

export function createClaimRepository(db: Queryable): ClaimRepository {
  return {
    async claim({ runId, epoch }, sessionId) {
      const row = await db.row<ClaimedRow>({
        name: 'runs.claim',
        joins: true,
        text: `UPDATE runs SET state = 'running', attempt = attempt + 1, session_id = $3, started_at = now(),
                 deadline_at = CASE WHEN pool = 'control' THEN queue_deadline_at
                   ELSE now() + make_interval(secs => timeout_seconds) END
               FROM datasources d LEFT JOIN datasource_secrets s ON s.datasource_id = d.id
               WHERE runs.id = $1 AND epoch = $2 AND ${isIn('dispatched')} AND cancel_requested_at IS NULL
                 AND d.id = runs.datasource_id
                 AND EXISTS (SELECT FROM runner_sessions
                             WHERE id = $3 AND closed_at IS NULL AND NOT draining AND expires_at > now())
               RETURNING runs.id, runs.org_id, kind, pool, origin, attempt, statement, bound_values, max_rows,
                 extract(epoch FROM deadline_at - now())::float8 AS timeout_seconds, failures, lost, preempts,
                 d.id AS datasource_id, ds_type, settings, sealed, d.version AS datasource_version,
                 d.deleted_at IS NOT NULL AS datasource_deleted,
                 extract(epoch FROM now() - first_failure_at)::float8 AS since_first_failure,
                 extract(epoch FROM now() - coalesce(run_at, queued_at))::float8 AS waited`,
        values: [runId, epoch, sessionId],
      });
      return row && claimedOf(row, sessionId);
    },
    async waiting(pools, { minAgeSeconds, limit }) {
      const rows = await db.rows<{ id: string; epoch: number; pool: RunPool }>({
        name: 'runs.waitingForClaim',
        text: `SELECT late.id, late.epoch, late.pool FROM unnest($1::text[]) AS served (pool) CROSS JOIN LATERAL (
                 SELECT id, epoch, pool, dispatched_at FROM runs
                 WHERE state = 'dispatched' AND pool = served.pool AND dispatched_at <= now() - make_interval(secs => $2)
                 ORDER BY dispatched_at LIMIT $3) late
               ORDER BY late.dispatched_at`,
        values: [pools, minAgeSeconds, limit],
      });
      return rows.map(({ id, epoch, pool }) => ({ runId: id, epoch, pool }));
    },
    async cancelled(sessionId) {
      const rows = await db.rows<{ id: string }>({
        name: 'runs.cancelledOfSession',
        text: `SELECT id FROM runs WHERE session_id = $1 AND state = 'running' AND cancel_requested_at IS NOT NULL`,
        values: [sessionId],
      });
      return rows.map((row) => row.id);
    },
  };
}
