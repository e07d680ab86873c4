import { newId } from '../crypto';
import { type CancelPublisher, openCancelPublisher, openCancelSubscriber } from '../events';
import { createRunRepository, type RunRepository } from '../repositories';
import { createTenant, eventually, openRunStage, type RunStage, testRedis } from '../testing';
import { announceCancel, cancelRun } from './cancel-run';

let stage: RunStage;
let runs: RunRepository;
let cancellations: CancelPublisher;
const redis = testRedis();
beforeAll(async () => {
  stage = await openRunStage();
  runs = createRunRepository(stage.app);
  cancellations = openCancelPublisher(redis);
});
afterAll(async () => {
  await cancellations.close();
  await stage.close();
});

const cancel = (id: string, tenant = stage.tenant) =>
  cancelRun({ runs, cancellations }, tenant, { id, userId: tenant.userId });

/** Hears what a session is told. */
async function listenTo(sessionId: string): Promise<{ heard: string[]; close: () => Promise<void> }> {
  const heard: string[] = [];
  const subscriber = openCancelSubscriber({
    ...redis,
    sessionId,
    onCancel: (runId) => heard.push(runId),
    onReady: () => undefined,
  });
  await eventually('the subscription stands', () => subscriber.ready());
  return { heard, close: subscriber.close };
}

it.each(['queued', 'dispatched', 'retry_wait'] as const)('ends a %s run at once', async (state) => {
  const run = await cancel(await stage.inState(state));
  expect(run).toMatchObject({
    ...{ state: 'cancelled', errorMessage: 'The run was cancelled' },
    ...{ cancelRequestedAt: expect.any(Date), finishedAt: expect.any(Date) },
  });
});

it('sets the flag of a run that executes, and tells its session', async () => {
  const sessionId = await stage.session();
  const listener = await listenTo(sessionId);
  const { runId } = await stage.running({ sessionId });
  expect(await cancel(runId)).toMatchObject({ state: 'running', cancelRequestedAt: expect.any(Date) });
  await eventually('the session hears it', () => listener.heard.length > 0);
  expect(listener.heard).toEqual([runId]);
  await listener.close();
});

it('tells again when asked again, and keeps the time and the person of the first request', async () => {
  const sessionId = await stage.session();
  const listener = await listenTo(sessionId);
  const { runId } = await stage.running({ sessionId });
  const first = await cancel(runId);
  const second = await cancel(runId);
  expect(second).toEqual(first);
  await eventually('both are heard', () => listener.heard.length === 2);
  await listener.close();
});

it.each(['succeeded', 'failed', 'cancelled', 'timed_out', 'dead'] as const)(
  'leaves a run that %s',
  async (state) => {
    const id = await stage.inState(state);
    const before = await stage.row(id);
    expect(await cancel(id)).toMatchObject({ id, state });
    expect(await stage.row(id)).toEqual(before);
  },
);

it('knows no run of another organization, and none that does not exist', async () => {
  const stranger = await createTenant(stage.app);
  const { runId } = await stage.queued();
  expect(await cancel(runId, stranger)).toBeUndefined();
  expect(await cancel(newId())).toBeUndefined();
  expect(await stage.row(runId)).toMatchObject({ state: 'queued', cancel_requested_at: null });
});

it('announces a whole datasource’s runs to the sessions that execute them', async () => {
  const tenant = await createTenant(stage.app);
  const [one, two] = [await stage.session(), await stage.session()];
  const [atOne, atTwo] = [await listenTo(one), await listenTo(two)];
  const first = await stage.running({ tenant, sessionId: one });
  const second = await stage.running({ tenant, sessionId: two });
  const { runId: waiting } = await stage.queued({ tenant });
  const { userId, datasourceId } = tenant;
  const executing = await runs.cancelOfDatasource(tenant, { datasourceId, userId });
  expect(executing.map(({ id }) => id).sort()).toEqual([first.runId, second.runId].sort());
  announceCancel(cancellations, executing);
  await eventually('both sessions hear of theirs', () => atOne.heard.length + atTwo.heard.length === 2);
  expect([atOne.heard, atTwo.heard]).toEqual([[first.runId], [second.runId]]);
  expect(await stage.row(waiting)).toMatchObject({ state: 'cancelled' });
  await Promise.all([atOne.close(), atTwo.close()]);
});
