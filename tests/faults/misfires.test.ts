import { outOfTurn } from './misfires';

const at = (second: number): Date => new Date(Date.UTC(2026, 0, 1) + second * 1_000);
const eachSecond = { id: 'one', cronExpression: '* * * * * *', timezone: 'UTC', firstAt: at(1) };

/** Fires as [the time at which it was due, when it fired], seconds. */
const problems = (...fires: [number, number][]): string[] =>
  outOfTurn(
    eachSecond,
    fires.map(([due, fired]) => ({ fire_at: at(due), fired_at: at(fired) })),
  );

it('finds nothing wrong with fires in turn, nor with one that stands for what was missed', () => {
  expect(problems([1, 1.1], [2, 2.4], [3, 9.7], [10, 10])).toEqual([]);
});

it('finds a first time that was left out', () => {
  expect(problems([2, 2.1])).toEqual([
    'one fired for 2026-01-01T00:00:02.000Z instead of 2026-01-01T00:00:01.000Z',
  ]);
});

it('finds a gap, once', () => {
  expect(problems([1, 1.1], [3, 3.1], [4, 4.1])).toEqual([
    'one fired for 2026-01-01T00:00:03.000Z instead of 2026-01-01T00:00:02.000Z',
  ]);
});

it('finds a fire for a time that an earlier one stands for', () => {
  expect(problems([1, 5.5], [3, 5.6], [6, 6])).toEqual([
    'one fired for 2026-01-01T00:00:03.000Z instead of 2026-01-01T00:00:06.000Z',
  ]);
});

it('finds a time that does not belong to the schedule', () => {
  expect(problems([1, 1.1], [1.5, 1.6], [2, 2.1])).toHaveLength(1);
});
