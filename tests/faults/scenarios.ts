import type { Scenario } from './scenario';
import { anythingKilled } from './scenarios/anything-killed';
import { cancelledAtEveryStep, cancelledInEveryState } from './scenarios/cancelled';
import { databaseKilled, diskFull } from './scenarios/database-lost';
import { killedBeforePush, nobodyDispatches } from './scenarios/dispatch-lost';
import { loopBlocked } from './scenarios/loop-blocked';
import {
  redisAbsent,
  redisAwayWhileIdle,
  redisEmptied,
  redisFrozen,
  redisFull,
  redisKilled,
} from './scenarios/redis-lost';
import { runnerCutOff, runnerFrozen, runnerKilled } from './scenarios/runner-lost';
import { runnerStopped } from './scenarios/runner-stopped';

const sentinelFailover: Scenario = {
  id: 'S9',
  injects: 'Sentinel failover',
  expects: 'hints pushed again; runs come from the new master ≤ 20 s',
  cannotRun: () => 'Loupe takes one Redis address, and no Sentinels yet',
  play: () => Promise.reject(new Error('it cannot be played')),
};

/** In the order in which they are played. */
export const scenarios: readonly Scenario[] = [
  ...[runnerKilled, runnerFrozen, loopBlocked, runnerStopped, redisEmptied, redisKilled, redisAwayWhileIdle],
  ...[
    redisFrozen,
    sentinelFailover,
    redisAbsent,
    redisFull,
    killedBeforePush,
    nobodyDispatches,
    databaseKilled,
  ],
  ...[runnerCutOff, diskFull, cancelledInEveryState, cancelledAtEveryStep, anythingKilled],
];

/** What the ordinary test command plays, in short. */
export const shortSubset: readonly Scenario[] = scenarios.filter(({ id }) =>
  ['S1', 'S5', 'S13', 'S15', 'S23', 'S26'].includes(id),
);
