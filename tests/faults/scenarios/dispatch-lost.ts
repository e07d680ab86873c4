import { eventually } from '@loupe/common/testing';
import { copiesOf } from '../copies';
import { elapse } from '../gates';
import type { Customer } from '../customer';
import { atMost, equal, none, type Scenario, type Stage } from '../scenario';
import { waits } from '../waits';

/** An API that cannot reach Redis acknowledges a run, and is killed before it could notice. */
async function killBeforePush(stage: Stage): Promise<string> {
  const { stack, load } = stage;
  const api = stack.member('api');
  const customer = stage.customers[1] as Customer;
  api.redis.freeze();
  const id = await customer.startAt(api.url, 'SELECT 1');
  load.acknowledged.push(id);
  await api.kill();
  api.redis.breakAll();
  await api.start();
  return id;
}

export const killedBeforePush: Scenario = {
  id: 'S13',
  injects: 'kill -9 an API between its commit and its push to Redis',
  expects: 'the run is claimed ≤ 5 s after it was made',
  async play(stage) {
    const ids: string[] = [];
    const rounds = stage.choose({ short: 3, scaled: 6, full: 10 });
    for (let n = 0; n < rounds; n += 1) {
      const id = await killBeforePush(stage);
      ids.push(id, ...(await copiesOf(stage, id, { count: 1 })));
    }
    return async () => {
      const ends = await stage.observations.standings(ids);
      const once = ends.filter(({ state, attempt }) => state === 'succeeded' && attempt === 1);
      return [
        equal('completed once', once.length, ids.length),
        atMost('slowest claim', (await waits(stage.stack.engine, ids)).max, 5),
      ];
    };
  },
};

export const nobodyDispatches: Scenario = {
  id: 'S14',
  injects: 'kill -9 all APIs and schedulers, freeze all runners, for 10 s, with a full queue',
  expects: 'claims again ≤ 5 s after their return, limits hold',
  async play(stage) {
    const { stack, observations } = stage;
    const away = [...stack.every('api'), ...stack.every('scheduler')];
    // More than may be active at once, so that there is something to dispatch.
    const held = await stage.holdQueued(70);
    await Promise.all(away.map((member) => member.kill()));
    for (const runner of stack.every('runner')) runner.signal('SIGSTOP');
    await held.release();
    await elapse(10);
    const back = await observations.now();
    for (const runner of stack.every('runner')) runner.signal('SIGCONT');
    await Promise.all(away.map((member) => member.start()));
    await eventually('everything held has ended', async () => {
      const standings = await observations.standings(held.ids);
      return standings.every(({ state }) => state === 'succeeded');
    }, 60_000); // prettier-ignore
    const claims = await observations.claimedAfter(back, held.ids, 1);
    return async () => [
      atMost('last of the queue claimed after', Math.max(...claims), 5),
      none('run executed twice', await observations.executedAgain(stage.since)),
    ];
  },
};
