import type { Dispatcher } from '@loupe/common/commands';
import type { Task } from './task';

/** Admits queued runs, so that none waits for the next request or the next end of a run. */
export const dispatchRuns = (dispatcher: Pick<Dispatcher, 'tick'>): Task => ({
  name: 'dispatch-runs',
  everyMs: 200,
  async run() {
    await dispatcher.tick();
  },
});
