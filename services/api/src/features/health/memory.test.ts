import { totalmem } from 'node:os';
import { checkMemory } from './memory';

/** As Node.js tells it on a machine of which so many percent are in use. */
function inUse(percent: number, limit = 0): void {
  const total = limit > 0 ? limit : totalmem();
  jest.spyOn(process, 'constrainedMemory').mockReturnValue(limit);
  jest.spyOn(process, 'availableMemory').mockReturnValue(total * (1 - percent / 100));
}

it.each([
  [0, 'healthy'],
  [89.9, 'healthy'],
  [90, 'degraded'],
  [100, 'degraded'],
])('of which %p %% are in use is %s', (percent, status) => {
  inUse(percent);
  const check = checkMemory();
  expect(check).toMatchObject({ status, details: { percent } });
  expect(check.message === undefined).toBe(status === 'healthy');
});

it('is the container’s, where that has a limit', () => {
  inUse(50, 512 * 1024 * 1024);
  expect(checkMemory()).toEqual({ status: 'healthy', details: { used_mb: 256, percent: 50 } });
});

it('is the machine’s, where the limit is beyond it', () => {
  inUse(10);
  jest.spyOn(process, 'constrainedMemory').mockReturnValue(Number.MAX_SAFE_INTEGER);
  expect(checkMemory().details).toMatchObject({ percent: 10 });
});
