import { newId } from '../crypto';
import type { Queryable } from '../db';
import {
  cancelledMessage,
  type ControlKind,
  controlLifetimeSeconds,
  maxWaitingControlPerOrg,
  type OrgScope,
  type RunErrorClass,
  type RunState,
} from '../models';

/** Makes a connection test or the reading of a schema. */
export interface NewControlRun {
  kind: ControlKind;
  datasourceId: string;
  createdBy: string;
}

/** How far it is. */
export interface ControlRun {
  state: RunState;
  /** Whether a runner ever took it. */
  hasStarted: boolean;
  errorClass: RunErrorClass | null;
  errorCode: string | null;
  errorMessage: string | null;
  resultId: string | null;
}

/** Runs of the pool `control`, as requests make and see them. They are in no list, and nobody but their maker knows them. */
export interface ControlRunRepository {
  /**
   * Its id; undefined when too many of the organization's wait already. Those inserted in the same moment do not see each other,
   * so a few more than the limit may come in at once.
   */
  insert(scope: OrgScope, run: NewControlRun): Promise<string | undefined>;
  find(scope: OrgScope, id: string): Promise<ControlRun | undefined>;
  /** Ends it if nobody executes it; nobody waits for it any more. */
  abandon(scope: OrgScope, request: { id: string; userId: string }): Promise<void>;
}

export const createControlRunRepository = (db: Queryable): ControlRunRepository => ({
  insert: (scope, run) => insert(db, scope, run),
  async find(scope, id) {
    const row = await db.row<{
      state: RunState;
      started: boolean;
      error_class: RunErrorClass | null;
      error_code: string | null;
      error_message: string | null;
      result_id: string | null;
    }>({
      name: 'controlRuns.find',
      text: `SELECT state, started_at IS NOT NULL AS started, error_class, error_code, error_message, result_id
             FROM runs WHERE org_id = $1 AND id = $2 AND pool = 'control'`,
      values: [scope.orgId, id],
    });
    return (
      row && {
        state: row.state,
        hasStarted: row.started,
        errorClass: row.error_class,
        errorCode: row.error_code,
        errorMessage: row.error_message,
        resultId: row.result_id,
      }
    );
  },
  async abandon(scope, { id, userId }) {
    await db.execute({
      name: 'controlRuns.abandon',
      text: `UPDATE runs SET state = 'cancelled', finished_at = now(), cancel_requested_at = now(),
               cancel_requested_by = $3, error_message = '${cancelledMessage}'
             WHERE org_id = $1 AND id = $2 AND pool = 'control' AND state IN ('queued', 'dispatched')`,
      values: [scope.orgId, id, userId],
    });
  },
});

async function insert(db: Queryable, scope: OrgScope, run: NewControlRun): Promise<string | undefined> {
  const row = await db.row<{ id: string }>({
    name: 'controlRuns.insert',
    text: `INSERT INTO runs (id, org_id, kind, datasource_id, created_by, statement, max_rows, timeout_seconds, origin, pool,
             queue_deadline_at)
           SELECT $1, $2, $3, $4, $5, '', 1, $6::int, 'api', 'control', now() + make_interval(secs => $6::int)
           WHERE (SELECT count(*) FROM runs WHERE state = 'queued' AND pool = 'control' AND org_id = $2) < $7
           RETURNING id`,
    values: [
      newId(), scope.orgId, run.kind, run.datasourceId, run.createdBy, controlLifetimeSeconds[run.kind],
      maxWaitingControlPerOrg,
    ], // prettier-ignore
  });
  return row?.id;
}
