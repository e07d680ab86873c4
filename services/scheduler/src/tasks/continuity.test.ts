import { createContinuity } from './continuity';

function atTime() {
  const clock = { now: 0 };
  const continuity = createContinuity(() => clock.now);
  return {
    isSteadyAt: (now: number) => {
      clock.now = now;
      return continuity.isSteady();
    },
    /** The database answers each second, from and to inclusive. */
    answeredEachSecond: (from: number, to: number) => {
      for (clock.now = from; clock.now <= to; clock.now += 1_000) continuity.answered();
    },
    answeredAt: (now: number) => {
      clock.now = now;
      continuity.answered();
    },
  };
}

describe('continuity', () => {
  it('is not there before the first answer', () => {
    expect(atTime().isSteadyAt(60_000)).toBe(false);
  });

  it('comes after 15 s of answers', () => {
    const { answeredEachSecond, isSteadyAt } = atTime();
    answeredEachSecond(0, 14_000);
    expect(isSteadyAt(14_999)).toBe(false);
    answeredEachSecond(15_000, 15_000);
    expect(isSteadyAt(15_000)).toBe(true);
  });

  it('bears a gap of 2 s', () => {
    const { answeredEachSecond, isSteadyAt } = atTime();
    answeredEachSecond(0, 10_000);
    answeredEachSecond(12_000, 16_000);
    expect(isSteadyAt(18_000)).toBe(true);
  });

  it('ends with a longer silence, and does not come back with the first answer after it', () => {
    const { answeredEachSecond, answeredAt, isSteadyAt } = atTime();
    answeredEachSecond(0, 20_000);
    expect(isSteadyAt(22_001)).toBe(false);
    answeredAt(22_001);
    expect(isSteadyAt(22_001)).toBe(false);
    answeredEachSecond(23_000, 37_000);
    expect(isSteadyAt(37_000)).toBe(false);
    answeredAt(38_000);
    expect(isSteadyAt(38_000)).toBe(true);
  });

  it('ends with a gap that nobody looked at while it lasted', () => {
    const { answeredEachSecond, answeredAt, isSteadyAt } = atTime();
    answeredEachSecond(0, 20_000);
    answeredAt(22_001);
    answeredEachSecond(23_000, 36_000);
    expect(isSteadyAt(36_000)).toBe(false);
  });
});
