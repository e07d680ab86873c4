import { errorText } from '../errors';
import { openFailFastRedis, type RedisAddress } from './connection';

/** What an operator has to know of a Redis, mostly of the queue's. */
export interface RedisFacts {
  /** Of this start of this server. */
  runId: string | undefined;
  version: string;
  /** `noeviction` is the one that loses nothing. */
  evictionPolicy: string | undefined;
  appendOnly: boolean;
  /** Milliseconds by which its clock is ahead of this process's; undefined where it does not say. */
  clockAheadMs: number | undefined;
}

/** `refused`: it answers, and lets nobody in with this password. `away`: no answer within `waitMs`. */
export async function inspectRedis(
  address: RedisAddress,
  waitMs = 3_000,
): Promise<RedisFacts | 'away' | 'refused'> {
  const redis = openFailFastRedis(address);
  let wasRefused = false;
  redis.on('error', (error) => {
    wasRefused ||= /WRONGPASS|NOAUTH|NOPERM|AUTH/i.test(errorText(error));
  });
  try {
    const isReady = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), waitMs);
      redis.once('ready', () => {
        clearTimeout(timer);
        resolve(true);
      });
    });
    if (!isReady) return wasRefused ? 'refused' : 'away';
    const sentAt = Date.now();
    // One round trip, so that the clocks are compared at one moment. TIME would need a right that the queue does not.
    const info = await redis.info();
    return factsOf(info, (sentAt + Date.now()) / 2);
  } catch (error) {
    return /NOPERM|NOAUTH/.test(errorText(error)) ? 'refused' : 'away';
  } finally {
    redis.disconnect();
  }
}

function factsOf(info: string, at: number): RedisFacts {
  const field = (name: string): string | undefined => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1];
  const microseconds = field('server_time_usec');
  return {
    runId: field('run_id'),
    version: field('redis_version') ?? 'unknown',
    evictionPolicy: field('maxmemory_policy'),
    appendOnly: field('aof_enabled') === '1',
    clockAheadMs: microseconds === undefined ? undefined : Math.round(Number(microseconds) / 1_000 - at),
  };
}
