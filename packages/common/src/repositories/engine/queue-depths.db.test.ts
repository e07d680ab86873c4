import { createTenant, openRunStage, type RunStage } from '../../testing';
import { readQueueDepths } from './queue-depths';

let stage: RunStage;
beforeAll(async () => {
  stage = await openRunStage();
});
afterAll(() => stage.close());

it('counts what waits, over all organizations, and nothing that executes or has ended otherwise', async () => {
  expect(await readQueueDepths(stage.engine)).toEqual({ waiting: 0, retrying: 0, dead: 0 });
  const tenant = await createTenant(stage.app);
  for (const state of [
    'queued',
    'dispatched',
    'retry_wait',
    'dead',
    'running',
    'succeeded',
    'failed',
  ] as const) {
    await stage.inState(state);
  }
  for (const state of ['queued', 'dead', 'dead', 'cancelled', 'timed_out'] as const) {
    await stage.inState(state, { tenant });
  }
  expect(await readQueueDepths(stage.engine)).toEqual({ waiting: 3, retrying: 1, dead: 3 });
});
