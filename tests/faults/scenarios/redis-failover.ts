import { eventually } from '@loupe/common/testing';
import { untilHintsArrive } from '../hint-arrival';
import { atMost, none, type Scenario, type Stage } from '../scenario';

/** Seconds since a moment of the monotonic clock. */
const since = (moment: number): number => (performance.now() - moment) / 1_000;

const patienceMs = 40_000;

/** Resolves when runs that were admitted without any Redis have their hints in the new master. */
async function untilPushedAgain({ redis, observations }: Stage, ids: readonly string[]): Promise<void> {
  const isThere = async (): Promise<boolean> => {
    const standings = await observations.standings(ids);
    const admitted = standings.filter(({ state }) => state === 'dispatched').map(({ id }) => id);
    // Nobody may be the master just now.
    const waiting = await redis.hintsWaiting().catch(() => new Set<string>());
    return admitted.length > 0 && admitted.every((id) => waiting.has(id));
  };
  await eventually('their hints are in the new master', isThere, patienceMs);
}

export const sentinelFailover: Scenario = {
  id: 'S9',
  injects: 'kill -9 the Redis master; three Sentinels make its replica the master',
  expects: 'hints that were lost are pushed again; runs come by hints of the new master ≤ 20 s',
  isQuiet: true,
  ownStack: () => ({ isRedisWatched: true }),
  async play(stage) {
    // All slots, and nothing else is under way: what is admitted next waits, and shows whether its hint is there.
    const held = await stage.hold(24);
    const killed = performance.now();
    await stage.stack.redis.kill();
    const { ids, release } = await stage.holdQueued(5);
    await untilPushedAgain(stage, ids);
    const pushed = since(killed);
    await Promise.all([held.release(), release()]);
    await untilHintsArrive(stage);
    const taken = since(killed);
    return async () => [
      atMost('pushed again after', pushed, 20),
      atMost('taken by a hint after', taken, 20),
      none('run executed twice', await stage.observations.executedAgain(stage.since)),
    ];
  },
};
