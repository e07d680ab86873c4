import { eventually } from '@loupe/common/testing';
import { elapse } from '../gates';
import { blockLoop } from '../inspector';
import { equal, none, type Scenario } from '../scenario';
import { busiest } from '../victim';

export const loopBlocked: Scenario = {
  id: 'S3',
  injects: 'block a runner’s event loop for 10 s, then for 30 s',
  expects: 'nothing re-run after 10 s; after 30 s its runs have moved, and its late commits hit no row',
  async play(stage) {
    const { observations } = stage;
    const first = await stage.hold(9);
    const pause = await blockLoop((await busiest(stage, first.ids)).runner, 10);
    await first.release();
    await pause.over;
    await eventually('the first have ended', async () => {
      const standings = await observations.standings(first.ids);
      return standings.every(({ state }) => state === 'succeeded');
    }, 60_000); // prettier-ignore
    const again = await observations.executedAgain(stage.since);
    // Lets its heartbeat through before one is hurt again.
    await elapse(5);
    const second = await stage.hold(9);
    const { runner, ids } = await busiest(stage, second.ids);
    const sessionsBefore = (await observations.sessions(runner.name)).length;
    const absence = await blockLoop(runner, 30);
    await second.release();
    await absence.over;
    await eventually(
      'it has a new session',
      async () => (await observations.sessions(runner.name)).length > sessionsBefore,
      30_000,
    );
    return async () => {
      const ends = await observations.standings(ids);
      const moved = ends.filter(({ state, attempt }) => state === 'succeeded' && attempt === 2);
      return [
        none('run executed again after 10 s', again),
        equal(
          'moved after 30 s and completed once',
          `${moved.length} of ${ends.length}`,
          `${ends.length} of ${ends.length}`,
        ),
        equal('its process', runner.isUp() ? 'lives' : 'is gone', 'lives'),
      ];
    };
  },
};
