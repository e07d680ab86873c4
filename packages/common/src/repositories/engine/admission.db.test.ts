import { type Candidate, maxAdmissionsPerTick, type RunPool, selectRuns } from '../../models';
import { createTenant, openRunStage, type RunStage, type Tenant } from '../../testing';
import { type AdmissionView, createAdmissions } from './admission';
import { createRunnerSessionRepository } from './runner-sessions';

let stage: RunStage;
beforeEach(async () => {
  stage = await openRunStage();
  // The stage's own session would be among the slots.
  await stage.database.asOwner('UPDATE runner_sessions SET closed_at = now()');
});
afterEach(() => stage.close());

const bothPools: readonly RunPool[] = ['interactive', 'scheduled'];

const look = (request: { pools?: readonly RunPool[]; perOrg?: number } = {}): Promise<AdmissionView> =>
  createAdmissions(stage.engine).transaction(async (repository) => {
    const view = await repository.look({ pools: request.pools ?? bothPools, perOrg: request.perOrg ?? 10 });
    if (view === undefined) throw new Error('somebody else holds the mutex');
    return view;
  });

const admit = (runIds: readonly string[]) =>
  createAdmissions(stage.engine).transaction((repository) => repository.admit(runIds));

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
  it('lets one transaction look at a time, and is free after a commit and after a failure', async () => {
    const { transaction } = createAdmissions(stage.engine);
    const request = { pools: bothPools, perOrg: 10 };
    await transaction(async (first) => {
      expect(await first.look(request)).toBeDefined();
      expect(await transaction((second) => second.look(request))).toBeUndefined();
    });
    await expect(
      transaction(async (failing) => {
        await failing.look(request);
        throw new Error('in the middle');
      }),
    ).rejects.toThrow('in the middle');
    expect(await transaction((next) => next.look(request))).toBeDefined();
  });
});

describe('what a dispatcher sees', () => {
  it('of sessions: the open ones that take more runs', async () => {
    const sessions = createRunnerSessionRepository(stage.runner);
    await stage.session({ pools: ['interactive'], slots: 3 });
    await sessions.drain(await stage.session());
    await sessions.close(await stage.session());
    await stage.session({ leaseSeconds: -1 });
    const { snapshot } = await look();
    expect(snapshot.sessions).toEqual([{ pools: ['interactive'], slots: 3 }]);
  });

  it('of runs: the active ones, by pool and organization', async () => {
    const other = await createTenant(stage.app);
    const sessionId = await stage.session();
    await stage.dispatched();
    await stage.running({ sessionId });
    await stage.running({ sessionId, origin: 'schedule' });
    await stage.dispatched({ tenant: other });
    await stage.inState('failed', { sessionId });
    await stage.inState('retry_wait', { sessionId });
    const { snapshot } = await look();
    expect(snapshot.active).toHaveLength(3);
    expect(snapshot.active).toEqual(
      expect.arrayContaining([
        { pool: 'interactive', orgId: stage.tenant.orgId, count: 2 },
        { pool: 'scheduled', orgId: stage.tenant.orgId, count: 1 },
        { pool: 'interactive', orgId: other.orgId, count: 1 },
      ]),
    );
  });

  it('nothing in an empty database', async () => {
    expect(await look()).toEqual({ snapshot: { sessions: [], active: [] }, candidates: [] });
  });
});

describe('the candidates', () => {
  it('are the first of each organization, by priority, age and id, no more than it may have active', async () => {
    const other = await createTenant(stage.app);
    const [first, second, third] = await queue(stage.tenant, 3);
    const [foreign] = await queue(other, 1);
    await stage.database.asOwner('UPDATE runs SET priority = 5 WHERE id = $1', [third]);
    const { candidates } = await look({ perOrg: 2 });
    expect(candidates.map(({ runId }) => runId).sort()).toEqual([first, third, foreign].sort());
    expect(candidates.find(({ runId }) => runId === third)).toEqual({
      ...{ runId: third, pool: 'interactive', orgId: stage.tenant.orgId, priority: 5 },
      queuedAt: expect.any(Date),
    });
    expect(candidates.map(({ runId }) => runId)).not.toContain(second);
  });

  it('are of the pools asked for', async () => {
    const [interactive] = await queue(stage.tenant, 1);
    const [scheduled] = await queue(stage.tenant, 1, 'scheduled');
    await queue(stage.tenant, 1, 'quarantine');
    const ids = async (pools: readonly RunPool[]) =>
      (await look({ pools })).candidates.map(({ runId }) => runId).sort();
    expect(await ids(['interactive'])).toEqual([interactive]);
    expect(await ids(bothPools)).toEqual([interactive, scheduled].sort());
    expect(await ids([])).toEqual([]);
  });

  it('leave out organizations that have as many active as they may', async () => {
    const other = await createTenant(stage.app);
    await queue(stage.tenant, 2);
    const [foreign] = await queue(other, 1);
    await stage.dispatched();
    await stage.dispatched();
    const ids = async (perOrg: number) =>
      (await look({ perOrg })).candidates.map(({ orgId }) => orgId).sort();
    expect(await ids(2)).toEqual([other.orgId]);
    expect((await look({ perOrg: 2 })).candidates).toEqual([expect.objectContaining({ runId: foreign })]);
    expect(await ids(3)).toHaveLength(3);
  });

  describe('of a flood', () => {
    beforeEach(async () => {
      for (let org = 0; org < 110; org += 1) await queue(await createTenant(stage.app), 10);
    });

    it('in one pool do not crowd out those of another', async () => {
      const { runId: late } = await stage.queued({ origin: 'schedule' });
      const { candidates } = await look();
      expect(candidates.filter(({ pool }) => pool === 'scheduled').map(({ runId }) => runId)).toEqual([late]);
    });

    it('are all that one tick can admit: no run is cut off whose turn would have come', async () => {
      await queue(stage.tenant, 10);
      // Each organization's first run is old and its others are young; in thirty of them the youngest is urgent.
      await stage.database.asOwner(
        `SET session_replication_role = 'replica';
         UPDATE runs SET priority = CASE WHEN org <= 30 AND place = 10 THEN 10 ELSE 0 END,
           queued_at = now() - interval '10 h' + make_interval(secs => org + 1000 * (place - 1))
         FROM (SELECT id, dense_rank() OVER (ORDER BY org_id) AS org,
                      row_number() OVER (PARTITION BY org_id ORDER BY queued_at) AS place FROM runs) ranked
         WHERE ranked.id = runs.id;
         SET session_replication_role = 'origin'`,
      );
      const everything = await stage.database.asOwner<Candidate>(
        `SELECT id AS "runId", pool, org_id AS "orgId", priority, queued_at AS "queuedAt" FROM runs`,
      );
      const { candidates } = await look();
      expect(candidates.length).toBeLessThan(everything.length);
      for (const budget of [1, 10, maxAdmissionsPerTick]) {
        const limits = { budget, perOrg: 10, global: 1_000 };
        const nobody = { total: 0, byOrg: new Map<string, number>() };
        const turns = (from: readonly Candidate[]): number[] =>
          selectRuns(from, nobody, limits).map(({ queuedAt }) => queuedAt.getTime());
        expect(turns(candidates)).toEqual(turns(everything));
      }
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
