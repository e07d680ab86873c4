import type { Queryable } from '../../db';

/** The server that the metadata database lives on. */
export interface ServerFacts {
  version: string;
  /** 170002 for 17.2. */
  versionNumber: number;
  fsync: string;
  synchronousCommit: string;
  fullPageWrites: string;
  /** It only follows another server, and takes no writes. */
  isStandby: boolean;
  /** Milliseconds by which its clock is ahead of this process's. */
  clockAheadMs: number;
}

/** A right that a role must have, or must not. */
export interface ExpectedRight {
  role: string;
  table: string;
  /** Null: on the table, or on some of its columns. */
  column: string | null;
  privilege: 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE';
  held: boolean;
}

/** Work that some scheduler should have done by now. */
export interface OverdueWork {
  retries: number;
  admissions: number;
  sessions: number;
  executions: number;
  schedules: number;
}

/** Looks at an installation as a whole; changes nothing. */
export interface InstallationRepository {
  server(): Promise<ServerFacts>;
  /** Those of the rights that are not as expected. */
  wrongRights(expected: readonly ExpectedRight[]): Promise<ExpectedRight[]>;
  overdue(): Promise<OverdueWork>;
  /** A datasource of any organization. */
  datasource(id: string): Promise<{ orgId: string; type: string; createdBy: string } | undefined>;
}

export const createInstallationRepository = (db: Queryable): InstallationRepository => ({
  server: () => readServer(db),
  async wrongRights(expected) {
    const rows = await db.rows<{ place: string }>({
      name: 'installation.rights',
      text: `SELECT place FROM jsonb_to_recordset($1::jsonb)
               AS wanted (place int, role text, "table" text, "column" text, privilege text, held boolean)
             WHERE held IS DISTINCT FROM CASE
               WHEN "column" IS NOT NULL THEN has_column_privilege(role, "table", "column", privilege)
               WHEN privilege = 'DELETE' THEN has_table_privilege(role, "table", privilege)
               ELSE has_any_column_privilege(role, "table", privilege) END`,
      values: [JSON.stringify(expected.map((right, place) => ({ ...right, place })))],
    });
    return rows.flatMap(({ place }) => expected[Number(place)] ?? []);
  },
  overdue: () =>
    db.one<OverdueWork>({
      name: 'installation.overdue',
      text: `SELECT
        (SELECT count(*)::int FROM runs WHERE state = 'retry_wait' AND run_at < now() - interval '30 s') AS retries,
        (SELECT count(*)::int FROM runs
         WHERE state = 'dispatched' AND dispatched_at < now() - interval '2 min') AS admissions,
        (SELECT count(*)::int FROM runner_sessions
         WHERE closed_at IS NULL AND expires_at < now() - interval '1 min') AS sessions,
        (SELECT count(*)::int FROM runs
         WHERE state = 'running' AND deadline_at < now() - interval '2 min') AS executions,
        (SELECT count(*)::int FROM schedules
         WHERE next_run_at < now() - interval '1 min' AND deleted_at IS NULL) AS schedules`,
    }),
  datasource: (id) =>
    db.row({
      name: 'installation.datasource',
      text: `SELECT org_id AS "orgId", ds_type AS type, created_by AS "createdBy"
             FROM datasources WHERE id = $1 AND deleted_at IS NULL`,
      values: [id],
    }),
});

async function readServer(db: Queryable): Promise<ServerFacts> {
  // The first statement pays for the connection; the clocks are compared on the second.
  await db.one({ name: 'installation.connect', text: 'SELECT 1 AS ok' });
  const sentAt = Date.now();
  const { now, ...facts } = await db.one<Omit<ServerFacts, 'clockAheadMs'> & { now: number }>({
    name: 'installation.server',
    text: `SELECT current_setting('server_version') AS version,
             current_setting('server_version_num')::int AS "versionNumber", current_setting('fsync') AS fsync,
             current_setting('synchronous_commit') AS "synchronousCommit",
             current_setting('full_page_writes') AS "fullPageWrites", pg_is_in_recovery() AS "isStandby",
             (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now`,
  });
  return { ...facts, clockAheadMs: Math.round(now - (sentAt + Date.now()) / 2) };
}
