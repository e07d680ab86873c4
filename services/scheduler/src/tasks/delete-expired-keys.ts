import type { Task } from './task';

/** Small enough that nobody waits for the locks of one statement. */
const batch = 5_000;
/** The rest waits for the next round, so that a round always ends. */
const batchesPerRound = 20;

/** Forgets idempotency keys whose day is over. Any number of replicas may: what one has deleted, no other finds. */
export const deleteExpiredKeys = (deleteSome: (limit: number) => Promise<number>): Task => ({
  name: 'delete-expired-keys',
  everyMs: 30_000,
  async run() {
    for (let n = 0; n < batchesPerRound; n += 1) if ((await deleteSome(batch)) < batch) return;
  },
});
