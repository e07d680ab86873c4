import { type OwnRedis, ownRedis } from '../../../../tests/own-redis';
import { testRedis } from '../testing';
import { checkRedisApart } from './apart';

const queue = { url: testRedis().url };
let other: OwnRedis;
beforeAll(async () => {
  other = await ownRedis();
  await other.start();
});
afterAll(() => other.close());

it('refuses the queue’s server under another name', async () => {
  const cache = new URL(queue.url);
  cache.hostname = 'localhost';
  cache.pathname = '/1';
  expect(cache.href).not.toBe(queue.url);
  const refusal = checkRedisApart({ queue, cache: { url: cache.href } });
  await expect(refusal).rejects.toMatchObject({
    kind: 'invalid',
    message:
      'CACHE_REDIS_URL leads to the queue’s Redis, which never evicts; give the cache a Redis of its own',
  });
});

it('lets another server pass, and one that does not answer', async () => {
  await checkRedisApart({ queue, cache: other });
  other.freeze();
  await checkRedisApart({ queue, cache: other }, 300);
  other.thaw();
});
