import { median, medians, spreadOf } from './figures';

it('takes percentiles by rank', () => {
  const values = Array.from({ length: 200 }, (_, i) => 200 - i);
  expect(spreadOf(values)).toEqual({ p50: 101, p95: 191, p99: 199 });
  expect(spreadOf([7])).toEqual({ p50: 7, p95: 7, p99: 7 });
  expect(spreadOf([]).p50).toBeNaN();
});

it.each([
  [[3, 1, 2], 2],
  [[4, 1, 3, 2], 2.5],
  [[5], 5],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected);
});

it('takes the median of each number, however deep it lies', () => {
  const round = (n: number) => ({ a: n, cpu: { api: 2 * n }, p: { p50: -n } });
  expect(medians([round(1), round(9), round(2)])).toEqual(round(2));
});
