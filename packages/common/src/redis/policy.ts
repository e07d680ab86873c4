import { LoupeError } from '../errors';
import { openFailFastRedis, type RedisAddress } from './connection';

/**
 * Refuses a Redis that may evict keys: it would drop hints and locks silently under memory pressure. A Redis that
 * does not answer within `waitMs` is let pass ("away"): Loupe works without it, and it is asked again at the next start.
 */
export async function checkRedisPolicy(address: RedisAddress, waitMs = 3_000): Promise<'ok' | 'away'> {
  const redis = openFailFastRedis(address);
  try {
    const ready = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), waitMs);
      redis.once('ready', () => {
        clearTimeout(timer);
        resolve(true);
      });
    });
    if (!ready) return 'away';
    const memory = await redis.info('memory').catch(() => '');
    const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1];
    if (policy !== undefined && policy !== 'noeviction') {
      throw new LoupeError(
        'invalid',
        `Redis evicts keys (maxmemory-policy ${policy}); set it to noeviction, and give the queue a Redis of its own`,
      );
    }
    return 'ok';
  } finally {
    redis.disconnect();
  }
}
