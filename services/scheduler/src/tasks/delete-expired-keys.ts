import type { Task } from './task';

/** Small enough that nobody waits for the locks of one statement. */
const batch = 5_000;

/** Forgets idempotency keys whose day is over. Any number of replicas may: what one has deleted, no other finds. */
export const deleteExpiredKeys = (deleteSome: (limit: number) => Promise<number>): Task => ({
  name: 'delete-expired-keys',
  everyMs: 30_000,
  async run() {
    while ((await deleteSome(batch)) === batch);
  },
});
