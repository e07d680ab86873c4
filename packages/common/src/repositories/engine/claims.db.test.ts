import { createControlRunRepository } from '..';
import { newId } from '../../crypto';
import { createTenant, openRunStage, type RunStage } from '../../testing';
import { createRunRepository } from '../runs';
import { type ClaimRepository, createClaimRepository } from './claims';
import { createRunnerSessionRepository } from './runner-sessions';

let stage: RunStage;
let claims: ClaimRepository;
beforeAll(async () => {
  stage = await openRunStage();
  claims = createClaimRepository(stage.runner);
});
afterAll(() => stage.close());

describe('a claim (T4)', () => {
  it('hands over the run with all that its execution needs', async () => {
    const { orgId, datasourceId } = stage.tenant;
    await stage.app.execute({
      name: 'test.secret',
      text: 'INSERT INTO datasource_secrets (org_id, datasource_id, sealed) VALUES ($1, $2, $3)',
      values: [orgId, datasourceId, '{"ct":"sealed"}'],
    });
    const sessionId = await stage.session();
    const hint = await stage.dispatched({
      statement: 'SELECT $1::int, $2::text',
      boundValues: ['1', null],
      maxRows: 7,
      timeoutSeconds: 12,
    });
    await stage.elapse(hint.runId, 5);
    const run = await claims.claim(hint, sessionId);
    expect(run).toEqual({
      ...{
        runId: hint.runId,
        attempt: 1,
        sessionId,
        orgId,
        kind: 'query',
        pool: 'interactive',
        origin: 'api',
      },
      datasource: {
        ...{ id: datasourceId, type: 'postgres', settings: {}, version: 1, deleted: false },
        sealedSecrets: { ct: 'sealed' },
      },
      ...{ statement: 'SELECT $1::int, $2::text', boundValues: ['1', null], maxRows: 7, timeoutSeconds: 12 },
      ...{ failures: 0, lost: 0, preempts: 0 },
      ...{ secondsSinceFirstFailure: null, waitedSeconds: expect.any(Number) },
    });
    expect(run!.waitedSeconds).toBeGreaterThanOrEqual(5);
    expect(run!.waitedSeconds).toBeLessThan(20);
  });

  it('sets the deadline by the database’s clock', async () => {
    const { runId } = await stage.running({ timeoutSeconds: 12 });
    const { started_at, deadline_at } = (await stage.row(runId)) as { started_at: Date; deadline_at: Date };
    expect(deadline_at.getTime() - started_at.getTime()).toBe(12_000);
  });

  it('leaves a test of a source what its waiting left of its lifetime', async () => {
    const id = await createControlRunRepository(stage.app).insert(stage.tenant, {
      kind: 'probe',
      datasourceId: stage.tenant.datasourceId,
      createdBy: stage.tenant.userId,
    });
    await stage.elapse(id ?? '', 4);
    await stage.engine.execute({
      name: 'test.admit',
      text: `UPDATE runs SET state = 'dispatched', epoch = 1, dispatched_at = now() WHERE id = $1`,
      values: [id],
    });
    const run = await claims.claim(
      { runId: id ?? '', epoch: 1 },
      await stage.session({ pools: ['scheduled'] }),
    );
    expect(run?.timeoutSeconds).toBeLessThanOrEqual(6);
    expect(run?.timeoutSeconds).toBeGreaterThan(4);
  });

  it('goes to exactly one of twenty that try at once', async () => {
    const hint = await stage.dispatched();
    const sessions = await Promise.all(Array.from({ length: 20 }, () => stage.session()));
    const claimed = await Promise.all(sessions.map((session) => claims.claim(hint, session)));
    const winners = claimed.filter((run) => run !== undefined);
    expect(winners).toHaveLength(1);
    expect(await stage.row(hint.runId)).toMatchObject({ attempt: 1, session_id: winners[0]?.sessionId });
  });

  it('fails with a hint of an earlier or a later admission', async () => {
    const { runId, epoch } = await stage.dispatched();
    const session = await stage.session();
    expect(await claims.claim({ runId, epoch: epoch - 1 }, session)).toBeUndefined();
    expect(await claims.claim({ runId, epoch: epoch + 1 }, session)).toBeUndefined();
    expect(await claims.claim({ runId, epoch }, session)).toBeDefined();
  });

  it.each([
    'queued',
    'running',
    'retry_wait',
    'succeeded',
    'failed',
    'cancelled',
    'timed_out',
    'dead',
  ] as const)('fails when the run is %s', async (state) => {
    const runId = await stage.inState(state);
    const { epoch, attempt } = (await stage.row(runId)) as { epoch: number; attempt: number };
    expect(await claims.claim({ runId, epoch }, await stage.session())).toBeUndefined();
    expect(await stage.row(runId)).toMatchObject({ state, attempt });
  });

  it('fails when the run does not exist, or its cancellation was accepted', async () => {
    const session = await stage.session();
    expect(await claims.claim({ runId: newId(), epoch: 1 }, session)).toBeUndefined();
    const hint = await stage.dispatched();
    await createRunRepository(stage.app).requestCancel(stage.tenant, {
      id: hint.runId,
      userId: stage.tenant.userId,
    });
    expect(await claims.claim(hint, session)).toBeUndefined();
  });

  it('fails for a session that drains, is closed, has run out, or never was', async () => {
    const hint = await stage.dispatched();
    const sessions = createRunnerSessionRepository(stage.runner);
    const [draining, closed] = [await stage.session(), await stage.session()];
    await sessions.drain(draining);
    await sessions.close(closed);
    const expired = await stage.session({ leaseSeconds: -1 });
    for (const session of [draining, closed, expired, newId()]) {
      expect(await claims.claim(hint, session)).toBeUndefined();
    }
    expect(await claims.claim(hint, await stage.session())).toBeDefined();
  });

  it('tells how long ago the first failure was, and that the datasource is gone', async () => {
    const tenant = await createTenant(stage.app);
    const runId = await stage.inState('retry_wait', { tenant });
    await stage.elapse(runId, 90);
    await stage.engine.execute({
      name: 'test.requeue',
      text: `UPDATE runs SET state = 'queued' WHERE id = $1`,
      values: [runId],
    });
    await stage.engine.execute({
      name: 'test.dispatch',
      text: `UPDATE runs SET state = 'dispatched', epoch = epoch + 1, dispatched_at = now() WHERE id = $1`,
      values: [runId],
    });
    await stage.app.execute({
      name: 'test.delete',
      text: 'UPDATE datasources SET deleted_at = now() WHERE id = $1',
      values: [tenant.datasourceId],
    });
    const run = await claims.claim({ runId, epoch: 2 }, await stage.session());
    expect(run).toMatchObject({ attempt: 2, failures: 1, datasource: { deleted: true } });
    expect(run!.secondsSinceFirstFailure).toBeGreaterThanOrEqual(90);
    // It became ready when its retry was due, a minute after the failure; not when it was first queued.
    expect(run!.waitedSeconds).toBeGreaterThanOrEqual(30);
    expect(run!.waitedSeconds).toBeLessThan(60);
  });
});

describe('what waits for a claim', () => {
  it('is found by pool and age, oldest first', async () => {
    const fresh = await stage.dispatched();
    const older = await stage.dispatched();
    const oldest = await stage.dispatched({ origin: 'schedule' });
    await stage.elapse(older.runId, 10);
    await stage.elapse(oldest.runId, 20);
    const waiting = (pools: Parameters<ClaimRepository['waiting']>[0], minAgeSeconds: number) =>
      claims.waiting(pools, { minAgeSeconds, limit: 100 });
    const found = await waiting(['interactive', 'scheduled'], 5);
    expect(found).toEqual([
      { ...oldest, pool: 'scheduled' },
      { ...older, pool: 'interactive' },
    ]);
    expect(await waiting(['scheduled'], 0)).toEqual([{ ...oldest, pool: 'scheduled' }]);
    expect(await waiting(['quarantine'], 0)).toEqual([]);
    expect((await waiting(['interactive'], 0)).map(({ runId }) => runId)).toContain(fresh.runId);
    const oneOfEach = await claims.waiting(['interactive', 'scheduled'], { minAgeSeconds: 0, limit: 1 });
    expect(oneOfEach.map(({ pool }) => pool)).toEqual(['scheduled', 'interactive']);
  });
});

describe('the cancellations of a session', () => {
  it('are those of its running runs alone', async () => {
    const [mine, other] = [await stage.session(), await stage.session()];
    const stopped = await stage.running({ sessionId: mine });
    await stage.running({ sessionId: mine });
    const elsewhere = await stage.running({ sessionId: other });
    const ended = await stage.inState('cancelled', { sessionId: mine });
    const runs = createRunRepository(stage.app);
    for (const { runId } of [stopped, elsewhere]) {
      await runs.requestCancel(stage.tenant, { id: runId, userId: stage.tenant.userId });
    }
    expect(await claims.cancelled(mine)).toEqual([stopped.runId]);
    expect(await claims.cancelled(mine)).not.toContain(ended);
    expect(await claims.cancelled(newId())).toEqual([]);
  });
});
