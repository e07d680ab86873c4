import { type AtLimit, memberKey, RunPool, WaitingRun } from '../../models';
import { createTenant, openRunStage, type RunStage, type Tenant, waitingRun } from '../../testing';
import { type Admission, createAdmissions } from './admission';
import type { EngineView } from './engine-view';
import { createEndingRepository } from './endings';
import { createRunnerSessionRepository } from './runner-sessions';
import type { Waiting, WaitingRequest } from './waiting-runs';

let stage: RunStage;
beforeEach(async () => {
  stage = await openRunStage();
  // The stage's own session would be among the slots.
  await stage.database.asOwner('UPDATE runner_sessions SET closed_at = now()');
});
afterEach(() => stage.close());

const nobody: AtLimit = { orgIds: [], datasourceIds: [], memberKeys: [] };

/** The engine as a dispatcher sees it, and who waits in `pool`. */
const look = (choices: Partial<WaitingRequest> = {}): Promise<EngineView & { waiting: Waiting }> =>
  createAdmissions(stage.engine).transaction(async (repository) => {
    const pool = choices.pool ?? 'interactive';
    await repository.enter();
    const waiting = await repository.waiting([
      { ...{ pool, budget: 100, orgs: 200, virtualTime: 0, atLimit: nobody }, ...choices },
    ]);
    return { ...(await repository.look())!, waiting: waiting.get(pool)! };
  });

/** What is seen of what waits, run by run. */
const runsIn = ({ waiting }: { waiting: Waiting }): readonly WaitingRun[] =>
  waiting.orgs.flatMap(({ runs }) => runs);
const idsIn = (seen: { waiting: Waiting }): string[] =>
  runsIn(seen)
    .map(({ runId }) => runId)
    .sort();

const admit = (runIds: readonly string[]): Promise<Admission[]> =>
  createAdmissions(stage.engine).transaction((repository) =>
    repository.admit(
      new Map([['interactive', { admitted: runIds.map(waitingRun), vtimes: new Map(), virtualTime: 0 }]]),
    ),
  );

/** Queued runs made in one statement, each a second younger than the one before; their ids in that order. */
async function queue(tenant: Tenant, count: number, pool: RunPool = 'interactive'): Promise<string[]> {
  const rows = await stage.database.asOwner<{ id: string }>(
    `INSERT INTO runs (id, org_id, kind, datasource_id, created_by, statement, max_rows, timeout_seconds, origin, pool,
       queued_at, queue_deadline_at)
     SELECT gen_random_uuid(), $1, 'query', $2, $3, 'SELECT 1', 1, 1, 'api', $4,
       now() - interval '1 h' + make_interval(secs => n), now() + interval '1 h'
     FROM generate_series(1, $5::int) n RETURNING id`,
    [tenant.orgId, tenant.datasourceId, tenant.userId, pool, count],
  );
  return rows.map(({ id }) => id);
}

describe('the mutex', () => {
  it('lets one transaction in at a time, and is free after a commit and after a failure', async () => {
    const { transaction } = createAdmissions(stage.engine);
    await transaction(async (first) => {
      expect(await first.enter()).toBeDefined();
      expect(await transaction((second) => second.enter())).toBeUndefined();
    });
    await expect(
      transaction(async (failing) => {
        await failing.enter();
        throw new Error('in the middle');
      }),
    ).rejects.toThrow('in the middle');
    expect(await transaction((next) => next.enter())).toBeDefined();
  });

  it('lets nobody settle or look who has not got it, and whoever has it at once', async () => {
    const fence = await stage.running({ sessionId: await stage.session() });
    await stage.database.asOwner('UPDATE runs SET charged_cost = 1 WHERE id = $1', [fence.runId]);
    await createEndingRepository(stage.runner).timedOut(fence, 'too long');
    const unsettled = () => stage.database.asOwner('SELECT FROM unsettled_charges');
    const { transaction } = createAdmissions(stage.engine);
    const enterAndLook = () =>
      transaction((repository) => Promise.all([repository.enter(), repository.look()]));
    await transaction(async (first) => {
      await first.enter();
      expect(await enterAndLook()).toEqual([undefined, undefined]);
    });
    expect(await unsettled()).toHaveLength(1);
    expect(await enterAndLook()).toEqual([expect.anything(), expect.anything()]);
    expect(await unsettled()).toHaveLength(0);
  });

  it('says whether a run waits or an ended one has to be settled', async () => {
    const tenant = await createTenant(stage.app);
    const { transaction } = createAdmissions(stage.engine);
    const glance = () => transaction((repository) => repository.enter());
    await transaction((repository) => repository.settle());
    await stage.running({ sessionId: await stage.session() });
    expect(await glance()).toEqual({ waitingPools: [], isUnsettled: false });
    const fence = await stage.running({ sessionId: await stage.session() });
    await stage.database.asOwner('UPDATE runs SET charged_cost = 1 WHERE id = $1', [fence.runId]);
    await createEndingRepository(stage.runner).timedOut(fence, 'too long');
    expect(await glance()).toEqual({ waitingPools: [], isUnsettled: true });
    await transaction((repository) => repository.settle());
    expect(await glance()).toEqual({ waitingPools: [], isUnsettled: false });
    await queue(tenant, 1);
    expect(await glance()).toEqual({ waitingPools: ['interactive'], isUnsettled: false });
  });
});

describe('what a dispatcher sees', () => {
  it('of sessions: the open ones that take more runs', async () => {
    const sessions = createRunnerSessionRepository(stage.runner);
    await stage.session({ pools: ['interactive'], slots: 3 });
    await sessions.drain(await stage.session());
    await sessions.close(await stage.session());
    await stage.session({ leaseSeconds: -1 });
    const { sessions: open } = await look();
    expect(open).toEqual([{ pools: ['interactive'], slots: 3 }]);
  });

  it('of runs: the active ones, by pool, organization, datasource and user', async () => {
    const other = await createTenant(stage.app);
    const sessionId = await stage.session();
    await stage.dispatched();
    await stage.running({ sessionId });
    await stage.running({ sessionId, origin: 'schedule' });
    await stage.dispatched({ tenant: other });
    await stage.inState('failed', { sessionId });
    await stage.inState('retry_wait', { sessionId });
    const { active } = await look();
    const own = { ...stage.tenant };
    expect(active).toHaveLength(3);
    expect(active).toEqual(
      expect.arrayContaining([
        { pool: 'interactive', ...own, count: 2, charged: 2 },
        { pool: 'scheduled', ...own, count: 1, charged: 1 },
        { pool: 'interactive', ...other, count: 1, charged: 1 },
      ]),
    );
  });

  it('nothing in an empty database', async () => {
    expect(await look()).toEqual({
      ...{
        sessions: [],
        active: [],
        overrides: [],
        heldDatasources: [],
        pausedPools: [],
      },
      clocks: expect.arrayContaining([{ pool: 'interactive', vtime: 0 }]),
      waiting: { orgs: [], cursors: [] },
    });
  });
});

describe('who waits', () => {
  it('is told with the first runs of each leaf, by priority, age and id', async () => {
    const other = await createTenant(stage.app);
    const ids = await queue(stage.tenant, 150);
    const [foreign] = await queue(other, 1);
    await stage.database.asOwner('UPDATE runs SET priority = 5 WHERE id = $1', [ids[140]]);
    const { waiting } = await look();
    const of = (tenant: Tenant) => waiting.orgs.find(({ orgId }) => orgId === tenant.orgId);
    expect(of(other)).toMatchObject({ vtime: undefined, runs: [{ runId: foreign }] });
    expect(of(stage.tenant)?.runs.map(({ runId }) => runId)).toEqual([ids[140], ...ids.slice(0, 99)]);
    expect(of(stage.tenant)?.runs[0]).toEqual({
      ...{ ...stage.tenant, pool: 'interactive', runId: ids[140], priority: 5, expectedCost: 1 },
      queuedAt: expect.any(Date),
    });
  });

  it('is of the pool asked for', async () => {
    const [interactive] = await queue(stage.tenant, 1);
    const [scheduled] = await queue(stage.tenant, 1, 'scheduled');
    expect(idsIn(await look())).toEqual([interactive]);
    expect(idsIn(await look({ pool: 'scheduled' }))).toEqual([scheduled]);
    expect(idsIn(await look({ pool: 'quarantine' }))).toEqual([]);
  });

  it('is not who stands at a limit', async () => {
    const other = await createTenant(stage.app);
    const own = await queue(stage.tenant, 2);
    const [foreign] = await queue(other, 1);
    const { orgId, datasourceId, userId } = stage.tenant;
    expect(idsIn(await look())).toEqual([...own, foreign].sort());
    const memberKeys = [memberKey({ orgId, userId })];
    for (const full of [{ orgIds: [orgId] }, { datasourceIds: [datasourceId] }, { memberKeys }]) {
      expect(idsIn(await look({ atLimit: { ...nobody, ...full } }))).toEqual([foreign]);
    }
  });

  describe('in a flood', () => {
    beforeEach(async () => {
      for (let org = 0; org < 110; org += 1) await queue(await createTenant(stage.app), 10);
    });

    it('in one pool does not crowd out those of another', async () => {
      const { runId: late } = await stage.queued({ origin: 'schedule' });
      expect(idsIn(await look({ pool: 'scheduled' }))).toEqual([late]);
    });

    it('begins with what is urgent: no run of high priority is cut off for being young', async () => {
      const ids = await queue(stage.tenant, 10);
      await stage.database.asOwner('UPDATE runs SET priority = 10 WHERE id = $1', [ids.at(-1)]);
      const waiting = runsIn(await look());
      const own = waiting.filter(({ orgId }) => orgId === stage.tenant.orgId).map(({ runId }) => runId);
      expect(own).toEqual([ids.at(-1), ...ids.slice(0, 9)].slice(0, own.length));
      expect(own.length).toBeGreaterThan(0);
      expect(new Set(waiting.map(({ orgId }) => orgId)).size).toBe(111);
    });
  });
});

describe('an admission (T2)', () => {
  it('raises the epoch of those that still wait, and of nobody else', async () => {
    const { runId } = await stage.queued();
    const sessionId = await stage.session();
    const [dispatched, cancelled] = [
      await stage.inState('dispatched'),
      await stage.inState('cancelled', { sessionId }),
    ];
    const [flagged] = await queue(stage.tenant, 1);
    await stage.database.asOwner('UPDATE runs SET cancel_requested_at = now() WHERE id = $1', [flagged]);
    const admitted = await admit([runId, dispatched, cancelled, flagged!]);
    expect(admitted).toEqual([{ runId, epoch: 1, pool: 'interactive' }]);
    expect(await stage.row(runId)).toMatchObject({ state: 'dispatched', dispatched_at: expect.any(Date) });
    expect(await stage.row(flagged!)).toMatchObject({ state: 'queued' });
  });

  it('counts on after the run was taken back', async () => {
    const { runId } = await stage.dispatched();
    await stage.engine.execute({
      name: 'test.takeBack',
      text: `UPDATE runs SET state = 'queued' WHERE id = $1`,
      values: [runId],
    });
    expect(await admit([runId])).toEqual([{ runId, epoch: 2, pool: 'interactive' }]);
  });

  it('does not wait for a run that somebody is cancelling', async () => {
    const [held, free] = [(await stage.queued()).runId, (await stage.queued()).runId];
    await stage.app.transaction(async (tx) => {
      await tx.rows({
        name: 'test.hold',
        text: 'SELECT id FROM runs WHERE id = $1 FOR UPDATE',
        values: [held],
      });
      expect((await admit([held, free])).map(({ runId }) => runId)).toEqual([free]);
    });
  });
});
