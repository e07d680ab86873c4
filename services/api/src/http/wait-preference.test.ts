import { waitSecondsOf } from './wait-preference';

it.each([
  ['wait=5', 5],
  ['WAIT = "7"', 7],
  ['respond-async, wait=10', 10],
  ['wait=10; strict, return=minimal', 10],
  ['wait=3600', 30],
])('%s waits %d s', (header, seconds) => {
  expect(waitSecondsOf(header)).toBe(seconds);
});

it.each([
  undefined,
  '',
  'respond-async',
  'wait',
  'wait=',
  'wait=0',
  'wait=-1',
  'wait=1.5',
  'wait=x',
  'await=5',
  'wait=99999999999',
])('%s waits for nothing', (header) => {
  expect(waitSecondsOf(header)).toBeUndefined();
});

it('reads a header that came several times as one list', () => {
  expect(waitSecondsOf(['respond-async', 'wait=4'])).toBe(4);
});
