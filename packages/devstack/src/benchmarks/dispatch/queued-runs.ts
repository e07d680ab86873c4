import type { MetadataGround } from './metadata-ground';

/** How many organizations wait, and what each of them has queued. */
export interface QueuedRuns {
  orgs: number;
  runs: number;
  /** Part of the runs (0–1) that belongs to the first organization; the others share the rest evenly. */
  ofFirst?: number;
}

/** Ids that a number stands for, so that a row finds its organization without a look-up. */
const uuid = (kind: number, number: string): string =>
  `('${String(kind).padStart(8, '0')}-0000-7000-8000-' || lpad(to_hex(${number}), 12, '0'))::uuid`;

const idOf = (kind: number, number: number): string =>
  `${String(kind).padStart(8, '0')}-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;

/** The ids of the organization with this number, from 1 on. */
export const tenantOf = (number: number) => ({
  orgId: idOf(1, number),
  userId: idOf(2, number),
  datasourceId: idOf(3, number),
});

const empty = `TRUNCATE runs, run_events, runner_sessions, fair_clocks, run_costs, limit_overrides, breakers, pauses,
  datasources, memberships, users, organizations CASCADE`;

const tenants = [
  `INSERT INTO organizations (id, name) SELECT ${uuid(1, 'n')}, 'org ' || n FROM generate_series(1, $1::int) n`,
  `INSERT INTO users (id, email, name, password_hash)
   SELECT ${uuid(2, 'n')}, n || '@example.com', 'user ' || n, 'none' FROM generate_series(1, $1::int) n`,
  `INSERT INTO datasources (id, org_id, name, ds_type, settings, created_by)
   SELECT ${uuid(3, 'n')}, ${uuid(1, 'n')}, 'datasource ' || n, 'postgres', '{}', ${uuid(2, 'n')}
   FROM generate_series(1, $1::int) n`,
];

const runs = `
  INSERT INTO runs (id, org_id, kind, datasource_id, created_by, statement, max_rows, timeout_seconds, origin, pool,
    queued_at, queue_deadline_at)
  SELECT gen_random_uuid(), ${uuid(1, 'org')}, 'query', ${uuid(3, 'org')}, ${uuid(2, 'org')}, 'SELECT 1', 1, 30, 'api',
    'interactive', now() - interval '1 h' + make_interval(secs => n / 1000.0), now() + interval '1 day'
  FROM (SELECT n, CASE WHEN n <= $2::float8 * $3::float8 THEN 1 ELSE 1 + n % $1::int END AS org
        FROM generate_series(1, $2::int) n) numbered`;

const session = `
  INSERT INTO runner_sessions (id, runner_id, pools, slots, expires_at)
  VALUES (${uuid(9, '1')}, 'benchmark', '{interactive,scheduled}', $1, now() + interval '1 day')`;

export async function fill(
  ground: MetadataGround,
  { orgs, runs: count, ofFirst = 0 }: QueuedRuns,
  slots: number,
): Promise<void> {
  await ground.asOwner(empty);
  await ground.asOwner('UPDATE pool_clocks SET vtime = 0');
  for (const text of tenants) await ground.asOwner(text, [orgs]);
  await ground.asOwner(runs, [orgs, count, ofFirst]);
  await ground.asOwner(session, [slots]);
  // The one trigger whose work the next tick finds.
  await ground.asOwner('ALTER TABLE runs ENABLE ALWAYS TRIGGER runs_charge');
  await ground.asOwner('VACUUM ANALYZE');
}

/**
 * What runners and clients would do between two ticks: whatever was admitted begins and ends, in half a second each, and its
 * organization queues another.
 */
export const replaceAdmitted = (ground: MetadataGround): Promise<unknown> =>
  ground.asOwner(`
    WITH ended AS (
      UPDATE runs SET state = 'failed', attempt = attempt + 1, session_id = ${uuid(9, '1')},
        started_at = now() - interval '0.5 s', deadline_at = now(), finished_at = now()
      WHERE state = 'dispatched'
      RETURNING org_id, datasource_id, created_by
    )
    INSERT INTO runs (id, org_id, kind, datasource_id, created_by, statement, max_rows, timeout_seconds, origin, pool,
      queue_deadline_at)
    SELECT gen_random_uuid(), org_id, 'query', datasource_id, created_by, 'SELECT 1', 1, 30, 'api', 'interactive',
      now() + interval '1 day'
    FROM ended`);
