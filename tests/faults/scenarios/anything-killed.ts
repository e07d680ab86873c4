import type { PostgresSource } from '@loupe/common/testing';
import type { Standing } from '../observations';
import { createKiller, type Killer } from '../killer';
import { askAgain, drawWishes, startClients } from '../persistent-clients';
import { equal, type Finding, none, type Scenario, type Stage } from '../scenario';

/** A statement that takes its time and costs nothing. */
async function buildLinger(source: PostgresSource): Promise<void> {
  await source.admin((client) =>
    client.query(`
      CREATE OR REPLACE FUNCTION linger(seconds float8) RETURNS integer LANGUAGE plpgsql VOLATILE AS $$ BEGIN
        PERFORM pg_catalog.pg_sleep(seconds);
        RETURN 0;
      END $$`),
  );
}

export const anythingKilled: Scenario = {
  id: 'S27',
  injects: 'kill -9 of any process at any moment, while clients that repeat themselves start 2,000 runs',
  expects: '2,000 runs, all final; none has two ends or two results; a repeated request finds its run',
  isQuiet: true,
  async play(stage) {
    const { stack, customers, random, load, choose } = stage;
    await buildLinger(stack.source);
    const count = choose({ short: 200, scaled: 2_000, full: 2_000 });
    const rounds = choose({ short: 1, scaled: 3, full: 3 });
    const clients = startClients(drawWishes(count, customers, random), load);
    const killer = createKiller({ stack, random, pause: 3 });
    let isDone = false;
    const done = clients.done.finally(() => (isDone = true));
    for (let round = 0; round < rounds || !isDone; round += 1) await killer.round();
    await done;
    await killer.allBack();
    return async () => [
      ...(await oneRunPerWish(stage, count)),
      none('repeated request that did not lead to its run', await askAgain(clients.granted)),
      ...(await allEnded(stage)),
      { text: `${clients.lostAnswers} answers lost, ${clients.replays} of their runs found again`, ok: true },
      wasKilled(killer, rounds),
      equal('processes that live', stack.members.filter((one) => one.isUp()).length, stack.members.length),
    ];
  },
};

async function oneRunPerWish({ observations, since, load }: Stage, count: number): Promise<Finding[]> {
  const made = await observations.made(since);
  return [
    equal('acknowledged', new Set(load.acknowledged).size, count),
    equal('runs', made.runs, count),
    equal('keys', made.keys, count),
  ];
}

/** Nobody is to blame for a run whose runner was killed under it three times; every other run must have its own end. */
async function allEnded({ observations, load }: Stage): Promise<Finding[]> {
  const ends = await observations.standings(load.acknowledged);
  const isDue = ({ state, lost }: Standing): boolean =>
    state === 'succeeded' || state === 'cancelled' || (state === 'dead' && lost === 3);
  const states = [...Map.groupBy(ends, ({ state }) => state)].map(
    ([state, { length }]) => `${length} ${state}`,
  );
  const times = (of: 'lost' | 'preempts'): number => ends.reduce((sum, end) => sum + end[of], 0);
  // The source is not among the victims: what failed in spite of it was taken for a failure by mistake.
  const failed = ends.filter(({ failures }) => failures > 0).map(({ id }) => id);
  return [
    { text: states.join(', '), ok: ends.every(isDue) },
    { text: `${times('lost')} runners lost under a run, ${times('preempts')} claims handed back`, ok: true },
    none('run that failed', await observations.histories(failed)),
  ];
}

const wasKilled = ({ kills }: Killer, rounds: number): Finding => ({
  text: `killed ${Object.entries(kills)
    .map(([role, times]) => `${role} ${times}×`)
    .join(', ')}`,
  ok: Object.values(kills).every((times) => times >= rounds),
});
