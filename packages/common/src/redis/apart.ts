import { LoupeError } from '../errors';
import type { RedisAddress } from './connection';
import { inspectRedis } from './inspect';

/**
 * Refuses a cache that lies in the queue's Redis, by whatever name: one must evict and the other never. One that does not answer
 * within `waitMs`, or does not say who it is, is let pass: it is asked again at the next start.
 */
export async function checkRedisApart(
  addresses: { queue: RedisAddress; cache: RedisAddress },
  waitMs = 3_000,
): Promise<void> {
  const runIdOf = async (address: RedisAddress): Promise<string | undefined> => {
    const facts = await inspectRedis(address, waitMs);
    return typeof facts === 'string' ? undefined : facts.runId;
  };
  const [queue, cache] = await Promise.all([runIdOf(addresses.queue), runIdOf(addresses.cache)]);
  if (queue !== undefined && queue === cache) {
    throw new LoupeError(
      'invalid',
      'CACHE_REDIS_URL leads to the queue’s Redis, which never evicts; give the cache a Redis of its own',
    );
  }
}
