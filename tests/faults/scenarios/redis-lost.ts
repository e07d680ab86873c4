import { eventually } from '@loupe/common/testing';
import { elapse } from '../gates';
import { untilHintsArrive } from '../hint-arrival';
import { quantile } from '../observations';
import { atMost, equal, type Finding, none, type Scenario, type Stage } from '../scenario';
import { waits } from '../waits';

const nothingTwice = async ({ observations, since }: Stage): Promise<Finding> =>
  none('run executed twice', await observations.executedAgain(since));

/** The slowest acknowledgement between two moments (milliseconds since the epoch). */
function slowestAnswer({ load }: Stage, from: number, to: number): Finding {
  const meanwhile = load.answers.filter(({ at, status }) => at >= from && at <= to && status === 201);
  return atMost(
    `${meanwhile.length} acks meanwhile, p99`,
    quantile(
      meanwhile.map(({ ms }) => ms),
      0.99,
    ) / 1_000,
    2,
  );
}

export const redisEmptied: Scenario = {
  id: 'S5',
  injects: 'FLUSHALL every 2 s, ten times',
  expects: 'no re-execution; p99 wait < 6 s',
  async play(stage) {
    const times = stage.choose({ short: 4, scaled: 10, full: 10 });
    for (let n = 0; n < times; n += 1) {
      await elapse(2);
      await stage.redis.do((redis) => redis.flushall());
    }
    return async () => [
      await nothingTwice(stage),
      atMost('p99 wait', (await waits(stage.stack.engine, stage.load.acknowledged)).p99, 6),
    ];
  },
};

export const redisKilled: Scenario = {
  id: 'S6',
  injects: 'Redis killed without persistence for 8 s',
  expects: 'acks go on; hints are taken again ≤ 3 s after it returns',
  async play(stage) {
    await elapse(2);
    const from = Date.now();
    await stage.stack.redis.kill();
    await elapse(8);
    const to = Date.now();
    await stage.stack.redis.start();
    const back = await untilHintsArrive(stage);
    return async () => [
      slowestAnswer(stage, from, to),
      atMost('hints again after', back, 3),
      await nothingTwice(stage),
    ];
  },
};

export const redisAwayWhileIdle: Scenario = {
  id: 'S7',
  injects: 'Redis down 60 s, workers idle',
  expects: 'runs come by their hints ≤ 3 s after it returns',
  scale: '15 s',
  isQuiet: true,
  async play(stage) {
    await stage.stack.redis.kill();
    await elapse(stage.choose({ short: 8, scaled: 15, full: 60 }));
    await stage.stack.redis.start();
    const back = await untilHintsArrive(stage);
    return async () => [atMost('hints again after', back, 3), await nothingTwice(stage)];
  },
};

export const redisFrozen: Scenario = {
  id: 'S8',
  injects: 'Redis SIGSTOP 40 s',
  expects: 'acks go on; nothing committed twice when resent commands execute',
  scale: '20 s',
  async play(stage) {
    await elapse(1);
    const from = Date.now();
    stage.stack.redis.signal('SIGSTOP');
    await elapse(stage.choose({ short: 10, scaled: 20, full: 40 }));
    const to = Date.now();
    stage.stack.redis.signal('SIGCONT');
    const back = await untilHintsArrive(stage);
    return async () => [
      slowestAnswer(stage, from, to),
      atMost('hints again after', back, 10),
      await nothingTwice(stage),
    ];
  },
};

export const redisAbsent: Scenario = {
  id: 'S10',
  injects: 'no Redis for 5 min',
  expects: 'everything drains; a cancel takes ≤ 1.2 s',
  scale: '30 s',
  async play(stage) {
    await stage.stack.redis.kill();
    const held = await stage.hold(10);
    const until = performance.now() + 1_000 * stage.choose({ short: 10, scaled: 30, full: 300 });
    for (const [n, id] of held.ids.entries()) {
      const customer = stage.customers[n % stage.customers.length];
      if ((await customer?.cancel(id))?.status === 200) stage.load.cancelled.push(id);
    }
    await held.release();
    await elapse(Math.max(0, (until - performance.now()) / 1_000));
    await stage.load.stop();
    await eventually('everything drains', async () => (await stage.observations.live()) === 0, 60_000);
    const latencies = await stage.observations.cancelLatencies(held.ids);
    return async () => [
      equal('drained without Redis', 'yes', 'yes'),
      equal('cancelled', latencies.length, held.ids.length),
      atMost('slowest cancel', Math.max(...latencies), 1.2),
      await nothingTwice(stage),
    ];
  },
};

export const redisFull: Scenario = {
  id: 'S11',
  injects: 'Redis maxmemory below what it uses',
  expects: 'hints fail, acks go on, nothing lost, nothing evicted',
  async play(stage) {
    await elapse(1);
    const from = Date.now();
    await stage.redis.do((redis) => redis.config('SET', 'maxmemory', '1mb'));
    await elapse(stage.choose({ short: 5, scaled: 10, full: 10 }));
    const evicted = await stage.redis.do(
      async (redis) => /evicted_keys:(\d+)/.exec(await redis.info('stats'))?.[1],
    );
    const to = Date.now();
    await stage.redis.do((redis) => redis.config('SET', 'maxmemory', '0'));
    const back = await untilHintsArrive(stage);
    return async () => [
      equal('evicted', evicted ?? '?', '0'),
      slowestAnswer(stage, from, to),
      atMost('hints again after', back, 3),
      await nothingTwice(stage),
    ];
  },
};
