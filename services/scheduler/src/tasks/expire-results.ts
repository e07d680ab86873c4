import type { Task } from './task';

/** A result may be fifty megabytes: few of them make one transaction. */
const batch = 50;

/** Deletes the rows of results that have outlived their time. Any number of replicas may: each passes over what another has. */
export const expireResults = (expireSome: (limit: number) => Promise<number>): Task => ({
  name: 'expire-results',
  everyMs: 30_000,
  async run() {
    while ((await expireSome(batch)) === batch);
  },
});
