import type { Task } from './task';

/** A result may be fifty megabytes: few of them make one transaction. */
const batch = 5;
/** The rest waits for the next round, so that a round always ends. */
const batchesPerRound = 100;

/** Deletes the rows of results that have outlived their time. Any number of replicas may: each passes over what another has. */
export const expireResults = (expireSome: (limit: number) => Promise<number>): Task => ({
  name: 'expire-results',
  everyMs: 10_000,
  async run() {
    for (let n = 0; n < batchesPerRound; n += 1) if ((await expireSome(batch)) < batch) return;
  },
});
