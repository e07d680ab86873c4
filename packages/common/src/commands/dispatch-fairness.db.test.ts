import type { DefaultLimits, LimitScope } from '../models';
import { type Admission, createEndingRepository, createReapingRepository } from '../repositories/engine';
import { createTenant, openRunStage, type RunStage, succeed, type Tenant, testLimits } from '../testing';
import { createDispatcher } from './dispatch';

// What an operator and the state of things change takes effect at the next tick, and shares follow weights.

let stage: RunStage;
beforeEach(async () => {
  stage = await openRunStage();
});
afterEach(() => stage.close());

/** What one tick admits. */
async function tick(limits: Partial<DefaultLimits> = {}): Promise<Admission[]> {
  const dispatcher = createDispatcher({ db: stage.engine, hints: undefined, limits: testLimits(limits) });
  const admitted = await dispatcher.tick();
  await dispatcher.close();
  if (admitted === undefined) throw new Error('somebody else holds the mutex');
  return admitted;
}

async function queue(count: number, choices: Parameters<RunStage['queued']>[0] = {}): Promise<void> {
  for (let i = 0; i < count; i += 1) await stage.queued(choices);
}

const override = (scope: LimitScope, key: string | null, set: { most?: number; weight?: number }) =>
  stage.database.asOwner(
    `INSERT INTO limit_overrides (id, scope, org_id, key, max_running, weight, set_by)
     VALUES (gen_random_uuid(), $1, CASE WHEN $1 = 'global' THEN NULL ELSE $2::uuid END, $3, $4, $5, 'test')
     ON CONFLICT (scope, org_id, key) DO UPDATE SET max_running = excluded.max_running, weight = excluded.weight`,
    [scope, stage.tenant.orgId, key, set.most ?? null, set.weight ?? null],
  );

const controlRun = async (tenant: Tenant): Promise<void> => {
  await stage.database.asOwner(
    `INSERT INTO runs (id, org_id, kind, datasource_id, created_by, statement, max_rows, timeout_seconds, origin, pool,
       queue_deadline_at)
     VALUES (gen_random_uuid(), $1, 'probe', $2, $3, 'SELECT 1', 1, 10, 'api', 'control', now() + interval '10 s')`,
    [tenant.orgId, tenant.datasourceId, tenant.userId],
  );
};

describe('a limit', () => {
  it.each([
    ['global', () => null],
    ['organization', () => stage.tenant.orgId],
    ['datasource', () => stage.tenant.datasourceId],
    ['user', () => stage.tenant.userId],
  ] as [LimitScope, () => string | null][])(
    'of scope %s that is changed holds from the next tick',
    async (scope, key) => {
      await queue(6);
      await override(scope, key(), { most: 2 });
      expect(await tick()).toHaveLength(2);
      await override(scope, key(), { most: 3 });
      expect(await tick()).toHaveLength(1);
      await override(scope, key(), { most: 0 });
      expect(await tick()).toHaveLength(0);
    },
  );

  it('of a person in one organization says nothing of another that the person is in', async () => {
    const { orgId, datasourceId } = await createTenant(stage.app);
    const { userId } = stage.tenant;
    await stage.database.asOwner(
      `INSERT INTO memberships (org_id, user_id, role) VALUES ($1, $2, 'editor')`,
      [orgId, userId],
    );
    await override('user', userId, { most: 1 });
    await queue(3);
    await queue(3, { tenant: { orgId, datasourceId, userId } });
    expect(await tick()).toHaveLength(1 + 3);
    // Nor do runs there count here.
    expect(await tick({ perUser: 3 })).toHaveLength(0);
    await override('user', userId, { most: 2 });
    expect(await tick({ perUser: 3 })).toHaveLength(1);
  });

  it('leaves a part to people that scheduled work never takes', async () => {
    await queue(10, { origin: 'schedule' });
    expect(await tick({ perOrg: 8 })).toHaveLength(6);
    await queue(10);
    expect(await tick({ perOrg: 8 })).toHaveLength(2);
  });
});

describe('a pause', () => {
  const pause = (scope: string, key: string) =>
    stage.database.asOwner(
      `INSERT INTO pauses (scope, key, reason, paused_by) VALUES ($1, $2, 'maintenance', 'test')`,
      [scope, key],
    );
  const resume = () => stage.database.asOwner('DELETE FROM pauses');

  it('of a pool holds back its runs and no others, until it ends', async () => {
    await queue(2);
    await queue(1, { origin: 'schedule' });
    await pause('pool', 'interactive');
    expect((await tick()).map(({ pool }) => pool)).toEqual(['scheduled']);
    await resume();
    expect(await tick()).toHaveLength(2);
  });

  it('of a datasource holds back its runs, and nobody behind them', async () => {
    const other = await createTenant(stage.app);
    await queue(3);
    await queue(1, { tenant: other });
    await pause('datasource', stage.tenant.datasourceId);
    expect(await tick()).toHaveLength(1);
    await resume();
    expect(await tick()).toHaveLength(3);
  });

  it('is named to whoever waited too long for its end', async () => {
    const { runId } = await stage.queued({ queueDeadlineSeconds: 1 });
    await pause('datasource', stage.tenant.datasourceId);
    await stage.elapse(runId, 2);
    await createReapingRepository(stage.engine).timeOutQueued();
    expect(await stage.row(runId)).toMatchObject({
      state: 'timed_out',
      error_message: expect.stringContaining('maintenance'),
    });
  });
});

describe('an open breaker', () => {
  it('lets nothing through, then one run at a time, then all', async () => {
    const session = { sessionId: await stage.session() };
    const failure = { errorClass: 'connect', code: null, message: 'no' } as const;
    for (let i = 0; i < 5; i += 1) {
      await createEndingRepository(stage.runner).failed(await stage.running(session), failure);
    }
    await queue(4);
    expect(await tick()).toEqual([]);
    await stage.database.asOwner(`UPDATE breakers SET open_until = now() - interval '1 s'`);
    const [probe, ...more] = await tick();
    expect(more).toEqual([]);
    expect(await tick()).toEqual([]);
    await succeed(stage.runner, await stage.claimed(probe!, session.sessionId));
    expect(await tick()).toHaveLength(3);
  });
});

describe('control runs', () => {
  it('are two for each session, and two for each organization', async () => {
    await controlRun(stage.tenant);
    await controlRun(stage.tenant);
    await controlRun(stage.tenant);
    await stage.session();
    expect(await tick()).toHaveLength(2);
    for (let i = 0; i < 3; i += 1) await controlRun(await createTenant(stage.app));
    expect(await tick()).toHaveLength(2);
    expect(await tick()).toEqual([]);
  });

  it('come first in the order in which they came, whoever made them', async () => {
    const tenants = [
      await createTenant(stage.app),
      await createTenant(stage.app),
      await createTenant(stage.app),
    ];
    for (const tenant of tenants.toReversed()) await controlRun(tenant);
    await tick();
    const admitted = await stage.database.asOwner<{ org_id: string }>(
      `SELECT org_id FROM runs WHERE state = 'dispatched' ORDER BY queued_at`,
    );
    expect(admitted.map(({ org_id }) => org_id)).toEqual([tenants[2]!.orgId, tenants[1]!.orgId]);
  });

  it('pass limits, breakers and pauses of what they test', async () => {
    await override('organization', stage.tenant.orgId, { most: 0 });
    await override('datasource', stage.tenant.datasourceId, { most: 0 });
    await controlRun(stage.tenant);
    expect(await tick()).toHaveLength(1);
  });
});

describe('shares under saturation', () => {
  /** So many starts in all, each run ending before the next tick; starts by organization. */
  async function starts(tenants: readonly Tenant[], count: number): Promise<number[]> {
    const counts = new Map(tenants.map(({ orgId }) => [orgId, 0]));
    const endings = createEndingRepository(stage.runner);
    const sessionId = await stage.session({ slots: 4 });
    let left = count;
    while (left > 0) {
      for (const hint of await tick({ perOrg: 1_000, perDatasource: 1_000 })) {
        const run = await stage.claimed(hint, sessionId);
        counts.set(run.orgId, counts.get(run.orgId)! + 1);
        left -= 1;
        await endings.timedOut(run, 'over');
      }
    }
    return [...counts.values()];
  }

  beforeEach(() => stage.database.asOwner('UPDATE runner_sessions SET closed_at = now()'));

  it('are within a tenth of the weights', async () => {
    const tenants = [stage.tenant, await createTenant(stage.app), await createTenant(stage.app)];
    await override('organization', stage.tenant.orgId, { weight: 3 });
    // What these runs take, and so are charged from the first one on.
    await stage.database.asOwner(
      `INSERT INTO run_costs (org_id, subject_id, seconds) SELECT org_id, id, 0.05 FROM datasources`,
    );
    for (const tenant of tenants) await queue(tenant === stage.tenant ? 140 : 60, { tenant });
    const [heavy, ...light] = await starts(tenants, 150);
    expect(Math.abs(heavy! - 90)).toBeLessThanOrEqual(9);
    for (const count of light) expect(Math.abs(count - 30)).toBeLessThanOrEqual(3);
  });

  it('are given to others at once, however long one has been flooding', async () => {
    await queue(120);
    await starts([stage.tenant], 60);
    const late = await createTenant(stage.app);
    await queue(10, { tenant: late });
    await queue(30);
    const [flood, others] = await starts([stage.tenant, late], 20);
    expect(others).toBe(10);
    expect(flood).toBeGreaterThanOrEqual(10);
  });
});
