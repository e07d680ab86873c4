import { eventually } from '@loupe/common/testing';
import { elapse } from '../gates';
import { blockLoop } from '../inspector';
import { equal, none, type Scenario } from '../scenario';

export const loopBlocked: Scenario = {
  id: 'S3',
  injects: 'block a runner’s event loop for 10 s, then for 30 s',
  expects: 'nothing re-run after 10 s; after 30 s its runs have moved, and its late commits hit no row',
  async play(stage) {
    const { stack, observations } = stage;
    const runner = stack.member('runner');
    const first = await stage.hold(9);
    await blockLoop(runner, 10);
    await first.release();
    await eventually('the first have ended', async () => {
      const standings = await observations.standings(first.ids);
      return standings.every(({ state }) => state === 'succeeded');
    }, 60_000); // prettier-ignore
    const again = await observations.executedAgain(stage.since);
    const sessionsBefore = (await observations.sessions(runner.name)).length;
    // Lets its heartbeat through before it is hurt again.
    await elapse(5);
    const second = await stage.hold(9);
    const itsOwn = (await observations.standings(second.ids)).filter(
      ({ runner_id }) => runner_id === runner.name,
    );
    const blocked = blockLoop(runner, 30);
    await second.release();
    await blocked;
    await eventually(
      'it has a new session',
      async () => (await observations.sessions(runner.name)).length > sessionsBefore,
      30_000,
    );
    return async () => {
      const ends = await observations.standings(itsOwn.map(({ id }) => id));
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
