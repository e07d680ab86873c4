import { newId } from '../../crypto';
import { type Database, type Queryable, savepoint } from '../../db';
import {
  type CronTimes,
  type FireOutcome,
  type OrgScope,
  type ParameterDefinition,
  poolOf,
  type RunErrorClass,
} from '../../models';
import { createRunRepository, type RunRepository } from '../runs';
import { type Transaction, transactionOf } from '../transaction';

/** A schedule whose time has come, and the query as it is now. */
export interface DueSchedule extends OrgScope, CronTimes {
  id: string;
  parameters: Record<string, unknown>;
  createdBy: string;
  /** The time at which it is due. */
  fireAt: Date;
  /** The database's clock; the next time is reckoned from it. */
  now: Date;
  query: {
    id: string;
    version: number;
    datasourceId: string;
    sql: string;
    definitions: ParameterDefinition[];
    timeoutSeconds: number;
    maxRows: number;
    /** Deleted, or its datasource is. */
    isGone: boolean;
    /** Its version may not run: its runs kept killing what executed them. */
    isBlocked: boolean;
  };
}

export interface Fire {
  outcome: FireOutcome;
  /** Null where there is none. */
  runId: string | null;
}

/** Fires schedules of all organizations, in one transaction each time. */
export interface ScheduleFireRepository {
  /**
   * The longest due first, at most `limit`, and held until the transaction ends, with their queries and datasources. What
   * somebody else holds is passed over: another replica fires it, or the next look does. So nobody waits here, for anybody.
   */
  claimDue(limit: number): Promise<DueSchedule[]>;
  /** A run that failed before it could wait for anything, and says why; its id. */
  insertFailedRun(
    due: DueSchedule,
    failure: { errorClass: RunErrorClass; code: FireOutcome; message: string },
  ): Promise<string>;
  /** Writes the fire down and moves the schedule on; without a next time it is disabled. Rejects at a time that has fired. */
  record(due: DueSchedule, fire: Fire & { nextRunAt: Date | null }): Promise<void>;
  /** The same for a fire that rejected: moves the schedule on, whether or not its time has fired before. */
  recordError(due: DueSchedule, nextRunAt: Date | null): Promise<void>;
  /** Takes back what `work` did when it rejects; the transaction goes on. */
  attempt<T>(work: () => Promise<T>): Promise<T>;
  /** Seconds until the next one is due, negative for one that is already; undefined where all are disabled. */
  secondsToNext(): Promise<number | undefined>;
}

export interface FiringRepositories {
  fires: ScheduleFireRepository;
  runs: RunRepository;
}

/** The database under the engine's role. */
export const firingTransaction = (db: Database): Transaction<FiringRepositories> =>
  transactionOf(db, (tx) => ({ fires: createScheduleFireRepository(tx), runs: createRunRepository(tx) }));

export function createScheduleFireRepository(db: Queryable): ScheduleFireRepository {
  return {
    claimDue: (limit) => claimDue(db, limit),
    insertFailedRun: (due, failure) => insertFailedRun(db, due, failure),
    record: (due, fire) => record(db, due, { ...fire, onConflict: '' }),
    recordError: (due, nextRunAt) =>
      record(db, due, {
        ...{ outcome: 'error', runId: null, nextRunAt },
        onConflict: 'ON CONFLICT (schedule_id, fire_at) DO NOTHING',
      }),
    attempt: (work) => savepoint(db, work),
    async secondsToNext() {
      const { seconds } = await db.one<{ seconds: number | null }>({
        name: 'scheduleFires.secondsToNext',
        text: `SELECT extract(epoch FROM min(next_run_at) - clock_timestamp())::float8 AS seconds FROM schedules
               WHERE next_run_at IS NOT NULL AND deleted_at IS NULL`,
      });
      return seconds ?? undefined;
    },
  };
}

type DueRow = Omit<DueSchedule, 'query'> & DueSchedule['query'] & { queryId: string };

async function claimDue(db: Queryable, limit: number): Promise<DueSchedule[]> {
  const rows = await db.rows<DueRow>({
    name: 'scheduleFires.claimDue',
    text: `SELECT s.id, s.org_id AS "orgId", s.cron_expression AS "cronExpression", s.timezone, s.parameters,
             s.created_by AS "createdBy", s.next_run_at AS "fireAt", clock_timestamp() AS now,
             q.id AS "queryId", q.version, q.datasource_id AS "datasourceId", q.sql, q.parameters AS definitions,
             q.timeout_seconds AS "timeoutSeconds", q.max_rows AS "maxRows",
             q.deleted_at IS NOT NULL OR d.deleted_at IS NOT NULL AS "isGone",
             EXISTS (SELECT FROM blocked_query_versions b
                     WHERE b.query_id = q.id AND b.query_version = q.version AND b.acknowledged_at IS NULL) AS "isBlocked"
           FROM schedules s
           JOIN queries q ON q.org_id = s.org_id AND q.id = s.query_id
           JOIN datasources d ON d.org_id = q.org_id AND d.id = q.datasource_id
           WHERE s.next_run_at <= now() AND s.deleted_at IS NULL
           ORDER BY s.next_run_at LIMIT $1
           FOR NO KEY UPDATE OF s SKIP LOCKED FOR SHARE OF q, d SKIP LOCKED`,
    values: [limit],
  });
  return rows.map(
    ({ queryId, version, datasourceId, sql, definitions, timeoutSeconds, maxRows, isGone, isBlocked, ...due }) => ({
      ...due,
      query: { id: queryId, version, datasourceId, sql, definitions, timeoutSeconds, maxRows, isGone, isBlocked },
    }),
  ); // prettier-ignore
}

async function insertFailedRun(
  db: Queryable,
  due: DueSchedule,
  failure: { errorClass: RunErrorClass; code: FireOutcome; message: string },
): Promise<string> {
  const id = newId();
  const { query } = due;
  await db.execute({
    name: 'scheduleFires.insertFailedRun',
    text: `INSERT INTO runs (id, org_id, kind, datasource_id, query_id, query_version, created_by, statement, max_rows,
             timeout_seconds, origin, pool, queue_deadline_at, schedule_id, state, finished_at, error_class, error_code,
             error_message)
           VALUES ($1, $2, 'query', $3, $4, $5, $6, $7, $8, $9, 'schedule', '${poolOf('schedule')}', now(), $10, 'failed',
             now(), $11, $12, $13)`,
    values: [
      id, due.orgId, query.datasourceId, query.id, query.version, due.createdBy, query.sql, query.maxRows,
      query.timeoutSeconds, due.id, failure.errorClass, failure.code, failure.message,
    ], // prettier-ignore
  });
  return id;
}

async function record(
  db: Queryable,
  due: DueSchedule,
  fire: Fire & { nextRunAt: Date | null; onConflict: string },
): Promise<void> {
  await db.execute({
    name: `scheduleFires.record${fire.onConflict === '' ? '' : 'Error'}`,
    text: `WITH fire AS (
             INSERT INTO schedule_fires (org_id, schedule_id, fire_at, outcome, run_id, fired_at)
             VALUES ($1, $2, $3, $4, $5, $7)
             ${fire.onConflict}
           )
           UPDATE schedules SET next_run_at = $6::timestamptz, enabled = $6::timestamptz IS NOT NULL,
             last_run_at = CASE WHEN $5::uuid IS NULL THEN last_run_at ELSE now() END
           WHERE org_id = $1 AND id = $2`,
    values: [due.orgId, due.id, due.fireAt, fire.outcome, fire.runId, fire.nextRunAt, due.now],
  });
}
