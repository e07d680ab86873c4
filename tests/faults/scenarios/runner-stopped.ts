import { eventually } from '@loupe/common/testing';
import { equal, type Scenario } from '../scenario';
import { busiest } from '../victim';

export const runnerStopped: Scenario = {
  id: 'S4',
  injects: 'SIGTERM a runner that executes short and long statements',
  expects: 'short ones finish; long ones go back into the queue, failures unchanged',
  scale: 'grace 6 s; the short ones end once it drains, the long ones after it has left',
  async play(stage) {
    const { observations } = stage;
    const short = await stage.hold(9);
    const long = await stage.hold(9);
    const { runner } = await busiest(stage, long.ids);
    const before = await observations.standings([...short.ids, ...long.ids]);
    const itsOwn = new Set(before.filter(({ runner_id }) => runner_id === runner.name).map(({ id }) => id));
    runner.signal('SIGTERM');
    await short.release();
    const exit = await runner.gone();
    await eventually(
      'the long ones execute elsewhere',
      async () => (await observations.standings(long.ids)).every(({ state }) => state === 'running'),
      30_000,
    );
    await long.release();
    return async () => {
      const finished = await observations.standings(short.ids.filter((id) => itsOwn.has(id)));
      const moved = await observations.standings(long.ids.filter((id) => itsOwn.has(id)));
      const inPlace = finished.filter(({ state, attempt }) => state === 'succeeded' && attempt === 1);
      const handedOn = moved.filter(
        ({ state, attempt, failures, lost, preempts }) =>
          state === 'succeeded' && attempt === 2 && preempts === 1 && failures + lost === 0,
      );
      return [
        equal('short ones that finished there', inPlace.length, finished.length),
        equal('long ones that moved without a failure', handedOn.length, moved.length),
        equal('the runner left with', exit, 'exit code 0'),
      ];
    };
  },
};
