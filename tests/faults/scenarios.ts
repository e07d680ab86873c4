import type { Scenario } from './scenario';
import { anythingKilled } from './scenarios/anything-killed';
import { cancelledAtEveryStep, cancelledInEveryState } from './scenarios/cancelled';
import { clocksWrong } from './scenarios/clocks-wrong';
import { databaseKilled, diskFull } from './scenarios/database-lost';
import { killedBeforePush, nobodyDispatches } from './scenarios/dispatch-lost';
import { loopBlocked } from './scenarios/loop-blocked';
import { sentinelFailover } from './scenarios/redis-failover';
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
import { schedulersKilled } from './scenarios/schedulers-killed';
import { sourceRefusing } from './scenarios/source-refusing';

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
  ...[
    runnerCutOff,
    diskFull,
    clocksWrong,
    schedulersKilled,
    cancelledInEveryState,
    sourceRefusing,
    cancelledAtEveryStep,
    anythingKilled,
  ],
];

/** What the ordinary test command plays, in short. */
export const shortSubset: readonly Scenario[] = scenarios.filter(({ id }) =>
  ['S1', 'S5', 'S13', 'S15', 'S23', 'S26'].includes(id),
);
