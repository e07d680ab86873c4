import { newId } from '../crypto';
import { createTenant, openRunStage, type RunStage, sqlstateOf } from '../testing';
import type { Database } from './database';

// What each role may do stands in the migrations. Here it is tried, because a grant too many is seen by nobody.

let stage: RunStage;
beforeAll(async () => {
  stage = await openRunStage();
});
afterAll(() => stage.close());

const forbidden = '42501';

/** `done`, or the SQLSTATE with which the role was refused. */
const attempt = (db: Database, text: string, values: unknown[] = []): Promise<string> =>
  sqlstateOf(db.rows({ name: 'test.attempt', text, values, dynamic: true }));

const roles = ['loupe_app', 'loupe_engine', 'loupe_runner'] as const;
const allTables = `SELECT c.oid, c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'S', 'v')`;

describe('every role', () => {
  it('owns nothing', async () => {
    const owned = await stage.database.asOwner(
      `SELECT relname AS name FROM pg_class WHERE relowner IN (SELECT oid FROM pg_roles WHERE rolname = ANY ($1))
       UNION ALL SELECT proname FROM pg_proc WHERE proowner IN (SELECT oid FROM pg_roles WHERE rolname = ANY ($1))
       UNION ALL SELECT nspname FROM pg_namespace WHERE nspowner IN (SELECT oid FROM pg_roles WHERE rolname = ANY ($1))`,
      [roles],
    );
    expect(owned).toEqual([]);
  });

  it('can make nothing: neither tables nor roles nor sign in by itself', async () => {
    const powers = await stage.database.asOwner(
      `SELECT rolname, rolcanlogin OR rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication
         OR has_schema_privilege(oid, 'public', 'CREATE') AS powerful FROM pg_roles WHERE rolname = ANY ($1) ORDER BY 1`,
      [roles],
    );
    expect(powers).toEqual(roles.map((rolname) => ({ rolname, powerful: false })));
  });

  it.each(roles)('as %s, deletes no run, no result and no organization', async (role) => {
    const rights = await stage.database.asOwner(
      `SELECT relname FROM (${allTables}) t WHERE has_table_privilege($1, t.oid, 'DELETE') OR has_table_privilege($1, t.oid, 'TRUNCATE')
       ORDER BY 1`,
      [role],
    );
    const deletable = {
      loupe_app: ['datasource_secrets', 'idempotency_keys', 'limit_overrides'],
      loupe_engine: [
        ...['breakers', 'idempotency_keys', 'limit_overrides', 'pauses'],
        ...['result_chunks', 'run_events', 'unsettled_charges'],
      ],
      loupe_runner: ['breakers', 'result_chunks'],
    };
    expect(rights).toEqual(deletable[role].map((relname) => ({ relname })));
  });
});

it('gives nothing to everybody', async () => {
  const toPublic = await stage.database.asOwner(
    `SELECT relname AS name FROM pg_class c, aclexplode(c.relacl) a
       WHERE c.relnamespace = 'public'::regnamespace AND a.grantee = 0
     UNION ALL SELECT attname FROM pg_attribute t, aclexplode(t.attacl) a
       WHERE t.attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace) AND a.grantee = 0
     UNION ALL SELECT proname FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
       WHERE p.pronamespace = 'public'::regnamespace AND a.grantee = 0`,
  );
  expect(toPublic).toEqual([]);
});

it('lets events be written by the trigger alone', async () => {
  const { runId } = await stage.queued();
  const insert = `INSERT INTO run_events (org_id, run_id, to_state, epoch, attempt) VALUES ($1, $2, 'succeeded', 1, 1)`;
  for (const db of [stage.app, stage.engine, stage.runner]) {
    expect(await attempt(db, insert, [stage.tenant.orgId, runId])).toBe(forbidden);
    expect(await attempt(db, `UPDATE run_events SET to_state = 'dead'`)).toBe(forbidden);
  }
});

describe('requests (loupe_app)', () => {
  it('write secrets and never read one', async () => {
    const { orgId, datasourceId } = await createTenant(stage.app);
    const insert = 'INSERT INTO datasource_secrets (org_id, datasource_id, sealed) VALUES ($1, $2, $3)';
    expect(await attempt(stage.app, insert, [orgId, datasourceId, '{"ct":"sealed"}'])).toBe('done');
    expect(await attempt(stage.app, 'SELECT sealed FROM datasource_secrets')).toBe(forbidden);
    expect(await attempt(stage.app, 'SELECT * FROM datasource_secrets')).toBe(forbidden);
    expect(await attempt(stage.app, `UPDATE datasource_secrets SET sealed = '{}' RETURNING sealed`)).toBe(
      forbidden,
    );
    expect(
      await attempt(stage.app, `UPDATE datasource_secrets SET sealed = '{}' WHERE sealed ->> 'ct' LIKE 's%'`),
    ).toBe(forbidden);
    expect(await attempt(stage.app, 'SELECT org_id, datasource_id FROM datasource_secrets')).toBe('done');
  });

  const move = (id: string, state: string, more = ''): Promise<string> =>
    attempt(stage.app, `UPDATE runs SET state = $2${more} WHERE id = $1`, [id, state]);

  it.each([
    ['queued', 'dispatched'],
    ['queued', 'timed_out'],
    ['dispatched', 'queued'],
    ['dispatched', 'running'],
    ['retry_wait', 'queued'],
    ['running', 'failed'],
    ['running', 'dead'],
    ['running', 'timed_out'],
    ['running', 'queued'],
  ] as const)('do not move a run from %s to %s', async (from, to) => {
    expect(await move(await stage.inState(from), to, ', finished_at = now()')).toBe(forbidden);
  });

  it('cancel what does not execute, and of what does they set the flag only', async () => {
    const flag = ', finished_at = now(), cancel_requested_at = now()';
    for (const state of ['queued', 'dispatched', 'retry_wait'] as const) {
      expect(await move(await stage.inState(state), 'cancelled', flag)).toBe('done');
    }
    const { runId } = await stage.running();
    expect(await move(runId, 'cancelled', flag)).toBe(forbidden);
    expect(await move(runId, 'running', ', cancel_requested_at = now()')).toBe('done');
  });

  it.each(['epoch', 'attempt', 'session_id', 'result_id', 'deadline_at', 'queue_deadline_at', 'priority'])(
    'do not set %s',
    async (column) => {
      expect(await attempt(stage.app, `UPDATE runs SET ${column} = NULL`)).toBe(forbidden);
    },
  );

  it('make runs that are queued, and no others', async () => {
    const { orgId, userId, datasourceId } = stage.tenant;
    const insert = (column: string, value: string): Promise<string> =>
      attempt(
        stage.app,
        `INSERT INTO runs (id, org_id, kind, datasource_id, created_by, statement, max_rows, timeout_seconds, origin,
           pool, queue_deadline_at, ${column})
         VALUES ($1, $2, 'query', $3, $4, 'SELECT 1', 1, 1, 'api', 'interactive', now(), ${value})`,
        [newId(), orgId, datasourceId, userId],
      );
    expect(await insert('state', `'dispatched'`)).toBe(forbidden);
    expect(await insert('epoch', '1')).toBe(forbidden);
    expect(await insert('attempt', '1')).toBe(forbidden);
    expect(await insert('result_id', 'NULL')).toBe(forbidden);
    expect(await insert('priority', '1')).toBe('done');
  });
});

/** Keys of runs to these were given up because nothing can take the rows away. */
it.each(['organizations', 'runner_sessions'])('nobody deletes %s', async (table) => {
  for (const db of [stage.app, stage.engine, stage.runner]) {
    expect(await attempt(db, `DELETE FROM ${table}`)).toBe(forbidden);
  }
});

describe('the engine and the runners', () => {
  it('see neither password hashes nor sessions', async () => {
    for (const db of [stage.engine, stage.runner]) {
      for (const table of ['users', 'memberships', 'sessions', 'refresh_tokens']) {
        expect([table, await attempt(db, `SELECT 1 FROM ${table}`)]).toEqual([table, forbidden]);
      }
    }
  });

  it('leave secrets to the runner, for reading', async () => {
    expect(await attempt(stage.engine, 'SELECT sealed FROM datasource_secrets')).toBe(forbidden);
    expect(await attempt(stage.runner, 'SELECT sealed FROM datasource_secrets')).toBe('done');
    expect(await attempt(stage.runner, `UPDATE datasource_secrets SET sealed = '{}'`)).toBe(forbidden);
  });
});
