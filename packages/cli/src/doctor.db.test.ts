import { createDispatcher } from '@loupe/common/commands';
import { newId } from '@loupe/common/crypto';
import { createQueryRepository } from '@loupe/common/repositories';
import { createClaimRepository, createEndingRepository } from '@loupe/common/repositories/engine';
import {
  eventually,
  openRunStage,
  type RunStage,
  someFailure,
  succeed,
  testLimits,
  testRedis,
} from '@loupe/common/testing';
import { type Ended, runLoupe } from './testing/run-loupe';

let stage: RunStage;
beforeEach(async () => {
  stage = await openRunStage();
});
afterEach(() => stage.close());

const doctor = (words: string[] = [], env: Record<string, string> = {}): Promise<Ended> =>
  runLoupe(['doctor', ...words], {
    ...{ DATABASE_URL: stage.database.url, DB_SSL_MODE: 'disable', REDIS_URL: testRedis().url, ...env },
  });
const findings = (ended: Ended, check: string) => ended.rows().filter((row) => row['check'] === check);

it('finds nothing wrong where all is in order', async () => {
  const ended = await doctor(['--json']);
  expect(ended.rows().filter(({ level }) => level === 'problem')).toEqual([]);
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(new Set(ended.rows().map(({ check }) => check))).toEqual(
    new Set([
      'settings',
      'roles',
      'redis',
      'clocks',
      'database',
      'migrations',
      'grants',
      'runners',
      'scheduler',
      'run',
    ]),
  );
  const { stdout } = await doctor();
  expect(stdout).toMatch(/OK +roles: the services can work as loupe_engine/);
  expect(stdout).toMatch(/All is in order\n$/);
});

it('says what is wrong with the settings, and shows none', async () => {
  const ended = await runLoupe(['doctor', '--json'], {
    REDIS_URL: 'http://user:a-secret@host',
    DB_SSL_MODE: 'nonsense',
  });
  expect(ended.code).toBe(1);
  const texts = findings(ended, 'settings').map(({ message }) => message);
  expect(texts).toEqual(
    expect.arrayContaining([
      expect.stringContaining('DATABASE_URL'),
      expect.stringContaining('REDIS_URL'),
      expect.stringContaining('DB_SSL_MODE'),
    ]),
  );
  expect(ended.stdout + ended.stderr).not.toContain('a-secret');
});

it('says when the database or Redis is away, and shows no password', async () => {
  const url = new URL(stage.database.url);
  url.port = '1';
  url.password = 'a-secret';
  const ended = await doctor(['--json'], {
    DATABASE_URL: url.href,
    REDIS_URL: 'redis://:a-secret@127.0.0.1:1',
  });
  expect(ended.code).toBe(1);
  expect(findings(ended, 'database')).toEqual([
    expect.objectContaining({ level: 'problem', message: expect.stringContaining('answer') }),
  ]);
  expect(findings(ended, 'redis')[0]).toMatchObject({
    level: 'problem',
    mend: expect.stringContaining('REDIS_URL'),
  });
  expect(ended.stdout + ended.stderr).not.toContain('a-secret');
});

it('takes a Redis that is not there as a choice', async () => {
  const ended = await runLoupe(['doctor', '--json'], {
    DATABASE_URL: stage.database.url,
    DB_SSL_MODE: 'disable',
  });
  expect(findings(ended, 'redis')).toMatchObject([{ level: 'ok' }]);
});

it('says which role cannot be taken', async () => {
  const login = `loupe_stranger_${process.pid}`;
  await stage.database.asOwner(`CREATE ROLE ${login} LOGIN PASSWORD 'a-secret'`);
  const url = new URL(stage.database.url);
  url.username = login;
  url.password = 'a-secret';
  const ended = await doctor(['--json'], { DATABASE_URL: url.href });
  await stage.database.asOwner(`DROP ROLE ${login}`);
  expect(ended.code).toBe(1);
  expect(findings(ended, 'roles')).toEqual(
    ['loupe_app', 'loupe_engine', 'loupe_runner'].map((role) =>
      expect.objectContaining({
        ...{
          level: 'problem',
          message: expect.stringContaining(role),
          mend: expect.stringContaining('loupe migrate'),
        },
      }),
    ),
  );
  expect(ended.stdout + ended.stderr).not.toContain('a-secret');
});

it('refuses a login that could see everything', async () => {
  const ended = await doctor(['--json'], { DATABASE_URL: stage.database.ownerUrl });
  expect(ended.code).toBe(1);
  expect(findings(ended, 'roles')[0]).toMatchObject({ message: expect.stringContaining('superuser') });
});

it('names migrations that are missing, and those of a newer release', async () => {
  await stage.database.asOwner(`DELETE FROM schema_migrations WHERE name LIKE '%operations'`);
  await stage.database.asOwner(
    `INSERT INTO schema_migrations (name, batch, migration_time) VALUES ('9999_from_tomorrow', 9, now())`,
  );
  const ended = await doctor(['--json']);
  expect(ended.code).toBe(1);
  expect(findings(ended, 'migrations')).toMatchObject([
    {
      message: expect.stringMatching(/^missing: \d+_operations$/),
      mend: expect.stringContaining('loupe migrate'),
    },
    { message: expect.stringContaining('9999_from_tomorrow') },
  ]);
});

it('names rights that are missing, and rights too many', async () => {
  await stage.database.asOwner('REVOKE UPDATE ON runs FROM loupe_engine');
  await stage.database.asOwner('GRANT SELECT ON users TO loupe_runner');
  await stage.database.asOwner('GRANT SELECT ON datasource_secrets TO loupe_app');
  const ended = await doctor(['--json']);
  expect(ended.code).toBe(1);
  expect(findings(ended, 'grants').map(({ message }) => message)).toEqual([
    'loupe_engine may not UPDATE runs',
    'loupe_app may SELECT datasource_secrets.sealed',
    'loupe_runner may SELECT users',
  ]);
});

it('misses runners and the scheduler, and tells of pauses', async () => {
  const runId = await stage.inState('retry_wait');
  await stage.elapse(runId, 300);
  await stage.inState('dead');
  await stage.database.asOwner('UPDATE runner_sessions SET closed_at = now()');
  await stage.database.asOwner(
    `INSERT INTO pauses (scope, key, reason, paused_by) VALUES ('pool', 'scheduled', 'a repair', 'anna')`,
  );
  const ended = await doctor(['--json']);
  expect(ended.code).toBe(1);
  expect(findings(ended, 'runners')).toMatchObject([
    { level: 'problem', mend: expect.stringContaining('start a runner') },
  ]);
  expect(findings(ended, 'scheduler')).toMatchObject([
    {
      level: 'problem',
      message: expect.stringContaining('1 retries'),
      mend: expect.stringContaining('scheduler'),
    },
  ]);
  expect(findings(ended, 'pauses')).toMatchObject([
    { level: 'warning', message: expect.stringContaining('a repair') },
  ]);
  expect(findings(ended, 'dead letters')).toMatchObject([{ level: 'warning' }]);
});

it('misses the scheduler where a schedule is due and does not fire', async () => {
  const { tenant, app, database } = stage;
  const queryId = newId();
  await createQueryRepository(app).insert(tenant, {
    ...{ id: queryId, createdBy: tenant.userId, datasourceId: tenant.datasourceId, name: 'q' },
    ...{ description: null, sql: 'SELECT 1', parameters: [], tags: [], timeoutSeconds: 1, maxRows: 1 },
  });
  await database.asOwner(
    `INSERT INTO schedules (id, org_id, query_id, name, cron_expression, timezone, enabled, next_run_at, created_by)
     VALUES (gen_random_uuid(), $1, $2, 's', '* * * * *', 'UTC', true, now() - interval '2 min', $3)`,
    [tenant.orgId, queryId, tenant.userId],
  );
  expect(findings(await doctor(['--json']), 'scheduler')).toMatchObject([
    { level: 'problem', message: expect.stringContaining('1 schedules that are due') },
  ]);
});

it('wants a datasource that exists, and a reason, to let a run go through', async () => {
  const why = ['--reason', 'a trial'];
  expect(await doctor(['--run', 'x', ...why])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('must be an id'),
  });
  expect(await doctor(['--run', stage.tenant.datasourceId])).toMatchObject({
    ...{ code: 1, stderr: expect.stringContaining('Say why') },
  });
  const ended = await doctor(['--json', '--run', stage.tenant.orgId, ...why]);
  expect(findings(ended, 'run')).toMatchObject([
    { level: 'problem', message: expect.stringContaining('no datasource') },
  ]);
});

/** What scheduler and runner do with the next run that somebody makes; its id. */
async function endNext(state: 'succeeded' | 'failed'): Promise<string> {
  const sessionId = await stage.session();
  const dispatcher = createDispatcher({ db: stage.engine, hints: undefined, limits: testLimits() });
  const [hint] = await eventually('a run is admitted', async () => {
    const admitted = await dispatcher.tick();
    return admitted !== undefined && admitted.length > 0 && admitted;
  });
  const run = await createClaimRepository(stage.runner).claim(hint!, sessionId);
  await (state === 'succeeded'
    ? succeed(stage.runner, run!)
    : createEndingRepository(stage.runner).failed(run!, someFailure));
  return run!.runId;
}

it.each([
  ['succeeded', 0],
  ['failed', 1],
] as const)('tells that its run %s', async (state, code) => {
  const ending = doctor(['--json', '--run', stage.tenant.datasourceId, '--reason', 'a trial']);
  const runId = await endNext(state);
  const ended = await ending;
  expect(ended.code).toBe(code);
  expect(findings(ended, 'run')).toMatchObject([{ level: code === 0 ? 'ok' : 'problem' }]);
  const [action] = await stage.database.asOwner(`SELECT action, reason, target FROM operator_actions`);
  expect(action).toMatchObject({ action: 'doctor.run', reason: 'a trial', target: { run_id: runId } });
});
