import { eventually } from '@loupe/common/testing';
import { findFaketime } from '../faketime';
import { elapse } from '../gates';
import type { Member } from '../members';
import { atMost, equal, type Finding, none, type Scenario, type Stage } from '../scenario';
import { secondsAhead, createWrongClocks, type WrongClocks } from '../wrong-clocks';

const hour = 3_600;
const [behind, jump] = [-600, 300];
/** A new schedule may be noticed after 10 s; no clock here is wrong by so little. */
const lateSeconds = 15;
/** How far a clock may be from what it was set to while it is looked at. */
const tolerance = 5;

/**
 * Apart from each other as well as from the database. APIs are ahead or right: one whose clock is behind refuses the tokens
 * that another has just issued, as it must.
 */
const offsets: Record<string, number> = {
  ...{ 'api-1': hour, 'scheduler-1': hour, 'scheduler-2': behind, 'runner-1': hour, 'runner-2': behind },
};

let clocks: WrongClocks | undefined;

export const clocksWrong: Scenario = {
  id: 'S20',
  injects: 'clocks of APIs, schedulers and runners +1 h, −10 min, and jumps of 5 min',
  expects: 'each time fires once; every runner keeps its session, and no run is executed twice',
  scale: '15 jumps',
  async cannotRun() {
    const search = await findFaketime();
    return 'missing' in search ? search.missing : undefined;
  },
  async ownStack() {
    const search = await findFaketime();
    if ('missing' in search) throw new Error(search.missing);
    clocks = createWrongClocks(search.found);
    return { settingsOf: clocks.settingsOf };
  },
  async play(stage) {
    const { stack, rota, random, observations, choose } = stage;
    const own = clocks as WrongClocks;
    for (const [member, seconds] of Object.entries(offsets)) own.set(member, seconds);
    await obeyed(own, stack.members);
    // Made by APIs whose clocks are wrong.
    await rota.add({ cronExpression: '* * * * * *', timezone: 'UTC' });
    const held = await stage.hold(12);
    const jumps = choose({ short: 5, scaled: 15, full: 60 });
    for (let n = 0; n < jumps; n += 1) {
      const { name, service } = stack.members[Math.floor(random() * stack.members.length)] as Member;
      const isForward = random() < 0.5 || (service === 'api' && own.aheadOf(name) < jump);
      own.set(name, own.aheadOf(name) + (isForward ? jump : -jump));
      await elapse(2);
    }
    await obeyed(own, stack.members);
    await held.release();
    return async () => [
      { text: `${jumps} jumps, at last ${stack.members.map(({ name }) => `${name} ${own.aheadOf(name)} s`).join(', ')}`, ok: true },
      atMost('latest fire', await latestFire(stage), lateSeconds),
      none('run executed twice', await observations.executedAgain(stage.since)),
      ...(await steadyLeases(stage)),
    ]; // prettier-ignore
  },
};

/** The processes themselves say so: a clock that stayed right would prove nothing. */
const obeyed = (own: WrongClocks, members: readonly Member[]) =>
  eventually('every clock is as it was set', async () => {
    const seen = await Promise.all(members.map(secondsAhead));
    return members.every(({ name }, n) => Math.abs((seen[n] as number) - own.aheadOf(name)) < tolerance);
  });

/** Seconds from its time. */
async function latestFire({ stack, rota }: Stage): Promise<number> {
  const { seconds } = await stack.engine.one<{ seconds: number | null }>({
    name: 'test.latestFire',
    text: `SELECT max(extract(epoch FROM fired_at - fire_at))::float8 AS seconds FROM schedule_fires
           WHERE schedule_id = ANY ($1)`,
    values: [rota.schedules.map(({ id }) => id)],
  });
  return seconds ?? Infinity;
}

async function steadyLeases({ stack, observations }: Stage): Promise<Finding[]> {
  const runners = stack.every('runner').map(({ name }) => name);
  const sessions = (await Promise.all(runners.map((name) => observations.sessions(name)))).flat();
  return [
    equal('sessions', sessions.length, runners.length),
    equal('open', sessions.filter((isOpen) => isOpen).length, runners.length),
  ];
}
