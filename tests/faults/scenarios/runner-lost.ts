import { eventually } from '@loupe/common/testing';
import type { Member } from '../members';
import { elapse } from '../gates';
import { atMost, equal, type Finding, none, type Scenario, type Stage } from '../scenario';
import { busiest, type Victim } from '../victim';

/** Every run that was executed again had been in the hands of that runner: those held there, and of the load at most as many as it has slots. */
async function onlyItsOwn(stage: Stage, victim: Victim): Promise<Finding> {
  const again = await stage.observations.executedAgain(stage.since);
  const lost = new Set(await stage.observations.lostBy(victim.sessionId));
  return none(
    'run executed again that it did not have',
    again.filter((id) => !lost.has(id)),
  );
}

const claimedAgain = async (stage: Stage, ids: readonly string[], since: Date): Promise<number> =>
  Math.max(...(await stage.observations.claimedAfter(since, ids, 2)));

export const runnerKilled: Scenario = {
  id: 'S1',
  injects: 'kill -9 a runner',
  expects: 'its runs execute again ≤ 20 s after the kill, and only those',
  async play(stage) {
    const held = await stage.hold(9);
    const victim = await busiest(stage, held.ids);
    const at = await stage.observations.now();
    await victim.runner.kill();
    await eventually(
      'all execute again',
      async () => (await claimedAgain(stage, victim.ids, at)) < Infinity,
      40_000,
    );
    await held.release();
    return async () => [
      atMost('executing again after', await claimedAgain(stage, victim.ids, at), 20),
      await onlyItsOwn(stage, victim),
    ];
  },
};

/** Its statements end while it hears nothing, so it has an end to write when it wakes: too late. */
const silenced = (
  id: string,
  texts: Pick<Scenario, 'injects' | 'expects' | 'scale'>,
  silence: (stage: Stage, runner: Member) => Promise<void>,
): Scenario => ({
  id,
  ...texts,
  async play(stage) {
    const held = await stage.hold(9);
    const victim = await busiest(stage, held.ids);
    const sessionsBefore = (await stage.observations.sessions(victim.runner.name)).length;
    const at = await stage.observations.now();
    const over = silence(stage, victim.runner);
    await held.release();
    await eventually(
      'its runs execute elsewhere',
      async () => (await claimedAgain(stage, victim.ids, at)) < Infinity,
      60_000,
    );
    await over;
    await eventually(
      'it has a new session',
      async () => (await stage.observations.sessions(victim.runner.name)).length > sessionsBefore,
      30_000,
    );
    return async () => {
      const ends = await stage.observations.standings(victim.ids);
      const moved = ends.filter(
        ({ state, attempt, lost }) => state === 'succeeded' && attempt === 2 && lost === 1,
      );
      return [
        equal(
          'moved and completed once',
          `${moved.length} of ${ends.length}`,
          `${ends.length} of ${ends.length}`,
        ),
        atMost('executing elsewhere after', await claimedAgain(stage, victim.ids, at), 25),
        await onlyItsOwn(stage, victim),
        equal('its process', victim.runner.isUp() ? 'lives' : 'is gone', 'lives'),
      ];
    };
  },
});

export const runnerFrozen = silenced(
  'S2',
  {
    injects: 'SIGSTOP a runner for twice its lease (30 s)',
    expects: 'its runs move, its late commits hit no row, it opens a new session',
  },
  async ({ choose }, runner) => {
    runner.signal('SIGSTOP');
    await elapse(choose({ short: 20, scaled: 30, full: 30 }));
    runner.signal('SIGCONT');
  },
);

export const runnerCutOff = silenced(
  'S17',
  {
    injects: 'PostgreSQL blackholed for one runner for 40 s',
    expects: 'its runs move, its late commits hit no row, it opens a new session',
  },
  async ({ choose }, runner) => {
    runner.postgres.freeze();
    await elapse(choose({ short: 25, scaled: 40, full: 40 }));
    runner.postgres.breakAll();
  },
);
