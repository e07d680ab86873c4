import { Redis } from 'ioredis';
import { type OwnRedis, ownRedis } from '../../../../tests/own-redis';
import { checkRedisPolicy } from './policy';

let redis: OwnRedis;
beforeAll(async () => {
  redis = await ownRedis();
});
afterAll(() => redis.close());

async function setPolicy(policy: string): Promise<void> {
  const client = new Redis(redis.url);
  await client.config('SET', 'maxmemory-policy', policy);
  client.disconnect();
}

it('lets a Redis pass that is not there, or does not answer in time', async () => {
  expect(await checkRedisPolicy(redis, 300)).toBe('away');
  await redis.start();
  redis.freeze();
  expect(await checkRedisPolicy(redis, 300)).toBe('away');
  redis.thaw();
});

it('lets a Redis pass that never evicts', async () => {
  expect(await checkRedisPolicy(redis)).toBe('ok');
});

it.each(['allkeys-lru', 'volatile-ttl', 'allkeys-random'])('refuses one that evicts: %s', async (policy) => {
  await setPolicy(policy);
  const refusal = checkRedisPolicy(redis);
  await expect(refusal).rejects.toMatchObject({
    kind: 'invalid',
    message: `Redis evicts keys (maxmemory-policy ${policy}); set it to noeviction, and give the queue a Redis of its own`,
  });
  await expect(refusal).rejects.not.toThrow('for-this-test-only');
});
