import { repeat, type Repetition } from './repeat';

const HOUR_MS = 3_600_000;

/** A task whose rounds the test ends itself, and can wait for. */
function controlledTask() {
  const rounds: (() => void)[] = [];
  const waiting: (() => void)[] = [];
  const task = (): Promise<void> =>
    new Promise((resolve) => {
      rounds.push(resolve);
      waiting.splice(0).forEach((notify) => notify());
    });
  const begun = async (count: number): Promise<void> => {
    while (rounds.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return { task, rounds, begun };
}

describe('repeat', () => {
  const running: Repetition[] = [];
  const start: typeof repeat = (task, options) => {
    const repetition = repeat(task, options);
    running.push(repetition);
    return repetition;
  };
  afterEach(async () => {
    await Promise.all(running.splice(0).map((repetition) => repetition.stop()));
  });
  const fail = (error: unknown): never => {
    throw error;
  };

  it('begins at once and goes on', async () => {
    let rounds = 0;
    const third = Promise.withResolvers<undefined>();
    start(() => (++rounds === 3 ? third.resolve(undefined) : undefined), { everyMs: 1, onError: fail });
    expect(rounds).toBe(1);
    await third.promise;
  });

  it('goes on after errors, even of the reporter', async () => {
    let rounds = 0;
    const errors: unknown[] = [];
    const third = Promise.withResolvers<undefined>();
    start(
      () => {
        rounds += 1;
        if (rounds === 3) third.resolve(undefined);
        throw new Error(`round ${rounds}`);
      },
      { everyMs: 1, onError: (error) => fail(errors.push(error)) },
    );
    await third.promise;
    expect(errors.slice(0, 2).map(String)).toEqual(['Error: round 1', 'Error: round 2']);
  });

  it('never runs two rounds at a time, and waits for the running one when stopped', async () => {
    const { task, rounds, begun } = controlledTask();
    const repetition = start(task, { everyMs: 0, onError: fail });
    await begun(1);
    repetition.trigger();
    let isStopped = false;
    const stopped = repetition.stop().then(() => (isStopped = true));
    await new Promise(setImmediate);
    expect([rounds.length, isStopped]).toEqual([1, false]);
    rounds[0]?.();
    await stopped;
    expect(rounds).toHaveLength(1);
  });

  it('starts a round when triggered, in the pause or during a round', async () => {
    const { task, rounds, begun } = controlledTask();
    const repetition = start(task, { everyMs: HOUR_MS, onError: fail });
    await begun(1);
    rounds[0]?.();
    await new Promise(setImmediate);
    repetition.trigger();
    await begun(2);
    repetition.trigger();
    rounds[1]?.();
    await begun(3);
    rounds[2]?.();
  });

  it('follows its signal, tells the task, and leaves no listener behind', async () => {
    const stopping = new AbortController();
    const seen = Promise.withResolvers<AbortSignal>();
    const repetition = start((signal) => seen.resolve(signal), {
      everyMs: HOUR_MS,
      signal: stopping.signal,
      onError: fail,
    });
    const signal = await seen.promise;
    stopping.abort('SIGTERM');
    await repetition.done;
    expect([signal.aborted, signal.reason]).toEqual([true, 'SIGTERM']);
  });

  it('does not begin when its signal was aborted before', async () => {
    const task = jest.fn();
    await start(task, { everyMs: 1, signal: AbortSignal.abort(), onError: fail }).done;
    expect(task).not.toHaveBeenCalled();
  });
});
