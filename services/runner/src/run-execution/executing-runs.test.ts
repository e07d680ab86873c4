import { createExecutingRuns } from './executing-runs';
import { stopCauseOf } from './stop-reason';

function atTime() {
  const clock = { now: 0 };
  return { clock, runs: createExecutingRuns(() => clock.now) };
}

describe('executing runs', () => {
  it('stops the one that is cancelled and no other', () => {
    const { runs } = atTime();
    const first = runs.add('first');
    const second = runs.add('second');
    runs.cancel('first');
    expect(stopCauseOf(first.signal)).toBe('cancelled');
    expect(stopCauseOf(second.signal)).toBeUndefined();
  });

  it('stops all for a cause of their own, and keeps the first cause of each', () => {
    const { runs } = atTime();
    const first = runs.add('first');
    const second = runs.add('second');
    runs.cancel('first');
    runs.stopAll('preempted');
    expect(stopCauseOf(first.signal)).toBe('cancelled');
    expect(stopCauseOf(second.signal)).toBe('preempted');
  });

  it('keeps a cancellation that comes before its run', () => {
    const { clock, runs } = atTime();
    runs.cancel('early');
    clock.now = 30_000;
    const early = runs.add('early');
    expect(stopCauseOf(early.signal)).toBe('cancelled');
    early.done();
    expect(stopCauseOf(runs.add('early').signal)).toBeUndefined();
  });

  it('forgets it after 30 s', () => {
    const { clock, runs } = atTime();
    runs.cancel('late');
    clock.now = 30_001;
    expect(stopCauseOf(runs.add('late').signal)).toBeUndefined();
  });

  it('tells when the last one has ended', async () => {
    const { runs } = atTime();
    await runs.whenEmpty();
    const first = runs.add('first');
    const second = runs.add('second');
    let isEmpty = false;
    const empty = runs.whenEmpty().then(() => (isEmpty = true));
    first.done();
    await new Promise(setImmediate);
    expect(isEmpty).toBe(false);
    second.done();
    await empty;
    expect(runs.size()).toBe(0);
  });

  it('knows two attempts of one run apart: the stop of the older one may take longer than the next claim', async () => {
    const { runs } = atTime();
    const older = runs.add('run');
    runs.stopAll('session_lost');
    const newer = runs.add('run');
    older.done();
    expect(runs.size()).toBe(1);
    runs.cancel('run');
    expect(stopCauseOf(newer.signal)).toBe('cancelled');
    const empty = runs.whenEmpty();
    newer.done();
    await empty;
  });
});
