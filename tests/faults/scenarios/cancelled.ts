import { liveStates } from '@loupe/common/models';
import { eventually, startTcpProxy } from '@loupe/common/testing';
import { createCustomer, type Customer } from '../customer';
import { elapse } from '../gates';
import { quantile } from '../observations';
import { atMost, equal, type Finding, type Scenario, type Stage } from '../scenario';
import { busiest } from '../victim';

/** Cancels, notes what was accepted, and resolves to whether it was. */
async function cancel({ load }: Stage, customer: Customer, id: string): Promise<boolean> {
  const { status } = await customer.cancel(id);
  if (status === 200) load.cancelled.push(id);
  return status === 200;
}

const owner = (stage: Stage, n: number): Customer => stage.customers[n % stage.customers.length] as Customer;

/** Cancels in waves, over every live state: some wait for a slot, some for another try, some execute. */
async function cancelWaves(stage: Stage, count: number): Promise<string[]> {
  const { source, apis } = stage.stack;
  const unreachable = await createCustomer(apis, { ...source.settings, port: 1 });
  const cancelled: string[] = [];
  while (cancelled.length < count) {
    const retrying = await unreachable.start('SELECT 1');
    stage.load.acknowledged.push(retrying);
    await untilItRetries(stage, retrying);
    if (await cancel(stage, unreachable, retrying)) cancelled.push(retrying);
    // All slots are taken, and the rest is admitted or waits for it.
    const executing = await stage.hold(24);
    const waiting = await stage.holdQueued(16);
    // The last of those first that wait: each cancel of an admitted run makes room for one that is not yet.
    for (const { ids } of [waiting, executing]) {
      // One after the other: a wall of requests would measure the API.
      for (const [n, id] of [...ids.entries()].reverse())
        if (await cancel(stage, owner(stage, n), id)) cancelled.push(id);
    }
    await Promise.all([executing.release(), waiting.release()]);
  }
  return cancelled;
}

/** Or until it has done so for good. */
const untilItRetries = ({ observations }: Stage, id: string) =>
  eventually('it waits for another try', async () => {
    const [run] = await observations.standings([id]);
    return run !== undefined && ['retry_wait', 'dead'].includes(run.state);
  });

export const cancelledInEveryState: Scenario = {
  id: 'S23',
  injects: '500 cancels over all states; then 100 with pub/sub refused',
  expects: 'final in 250 ms (p99), then in 1.2 s (p99); no statement left in the source',
  scale: '160 and 80',
  isQuiet: true,
  async play(stage) {
    const { redis, observations, choose } = stage;
    const withMessages = await cancelWaves(stage, choose({ short: 50, scaled: 160, full: 500 }));
    await redis.do(async (client) => {
      await client.acl('SETUSER', 'default', '-publish', '-subscribe');
      await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    });
    const without = await cancelWaves(stage, choose({ short: 40, scaled: 80, full: 100 }));
    await redis.do((client) => client.acl('SETUSER', 'default', '+publish', '+subscribe'));
    const [fast, slow] = [
      await observations.cancelLatencies(withMessages),
      await observations.cancelLatencies(without),
    ];
    return async () => [
      equal('ended', fast.length + slow.length, withMessages.length + without.length),
      atMost('p99', quantile(fast, 0.99), 0.25),
      atMost('without pub/sub p99', quantile(slow, 0.99), 1.2),
      ...(await everyStateWasMet(stage)),
    ];
  },
};

async function everyStateWasMet({ observations, load }: Stage): Promise<Finding[]> {
  const met = await observations.cancelledFrom(load.cancelled);
  return liveStates.map((state) => ({ text: `${met.get(state) ?? 0} from ${state}`, ok: met.has(state) }));
}

/** Nobody can claim it. */
async function beforeClaim(stage: Stage): Promise<void> {
  const runners = stage.stack.every('runner');
  for (const runner of runners) runner.signal('SIGSTOP');
  const { ids, release } = await stage.holdQueued(5);
  for (const [n, id] of ids.entries()) await cancel(stage, owner(stage, n), id);
  for (const runner of runners) runner.signal('SIGCONT');
  await release();
}

/** Claimed, and its source does not even answer the first byte. */
async function beforeStart(stage: Stage): Promise<void> {
  const { source, apis } = stage.stack;
  const { settings } = source;
  const proxy = await startTcpProxy(`tcp://${settings.host}:${settings.port}`);
  try {
    const customer = await createCustomer(apis, { ...settings, host: '127.0.0.1', port: proxy.port });
    proxy.freeze();
    const ids = await Promise.all([1, 2, 3].map(() => customer.start('SELECT 1')));
    stage.load.acknowledged.push(...ids);
    await eventually('they are claimed', async () => {
      const standings = await stage.observations.standings(ids);
      return standings.every(({ state }) => state === 'running');
    });
    for (const id of ids) await cancel(stage, customer, id);
  } finally {
    await proxy.close();
  }
}

async function whileDraining(stage: Stage): Promise<void> {
  const { ids, release } = await stage.hold(9);
  const { runner } = await busiest(stage, ids);
  runner.signal('SIGTERM');
  for (const [n, id] of ids.entries()) await cancel(stage, owner(stage, n), id);
  await runner.gone();
  await runner.start();
  await release();
}

/** Its runner is dead and nobody has noticed yet; then about when somebody does. */
async function whileReaped(stage: Stage): Promise<void> {
  const { ids, release } = await stage.hold(12);
  const { runner, ids: orphans } = await busiest(stage, ids);
  await runner.kill();
  const killed = performance.now();
  // The lease of 15 s was last renewed at most 4 s ago.
  const moments = orphans.map((_id, n) => (n === 0 ? 0 : 10 + stage.random() * 7)).sort((a, b) => a - b);
  for (const [n, id] of orphans.entries()) {
    await elapse(Math.max(0, (moments[n] as number) - (performance.now() - killed) / 1_000));
    await cancel(stage, owner(stage, ids.indexOf(id)), id);
  }
  await runner.start();
  await release();
}

/** The statement ends in the moment of the cancel: either may win, and the answer must be true. */
async function whileEnding(stage: Stage): Promise<void> {
  for (let n = 0; n < stage.choose({ short: 3, scaled: 6, full: 20 }); n += 1) {
    const { ids, release } = await stage.hold(5);
    await Promise.all([
      release(),
      ...ids.map(async (id, at) => {
        await elapse(stage.random() * 0.06);
        await cancel(stage, owner(stage, at), id);
      }),
    ]);
  }
}

export const cancelledAtEveryStep: Scenario = {
  id: 'S26',
  injects: 'a cancel before the claim, before the start, while draining, while reaped, racing with the end',
  expects: 'an accepted cancel always ends cancelled, and no run is stranded',
  isQuiet: true,
  async play(stage) {
    await beforeClaim(stage);
    await beforeStart(stage);
    await whileDraining(stage);
    await whileReaped(stage);
    await whileEnding(stage);
    const { length } = stage.load.cancelled;
    return async () => [{ text: `${length} cancels accepted`, ok: length >= 17 }];
  },
};
