import { examine, findRedisOnPath, isRecentEnough } from './redis-program';

it.each([
  ['6.0.16', false],
  ['5.9.9', false],
  ['6.2.0', true],
  ['7.0.15', true],
  ['10.0.0', true],
])('Redis %s can be used: %s', (version, usable) => {
  expect(isRecentEnough(version)).toBe(usable);
});

it('passes over programs that are no Redis or do not exist', () => {
  expect(examine(process.execPath, 'a program that prints another kind of version')).toBeUndefined();
  expect(examine('/nowhere/redis-server', 'absent')).toBeUndefined();
  expect(findRedisOnPath('/nowhere::')).toBeUndefined();
});
