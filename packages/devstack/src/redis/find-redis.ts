import { join } from 'node:path';
import { errorText } from '@loupe/common/errors';
import type { DataPlace } from '../home/data-place';
import { findUnpackedRedis, hasApt, unpackRedis } from './distribution-package';
import { findRedisOnPath, type RedisProgram } from './redis-program';

export type RedisSearch = { found: RedisProgram } | { missing: string };

const HOW_TO_GET_ONE =
  'Install Redis 6.2 or newer (apt install redis-server, dnf install redis, brew install redis) so that redis-server or valkey-server is on the path, or give the address of one in REDIS_URL.';

/** A server on the path; else the distribution's own package, unpacked; else why not, and how to get one. */
export async function findRedis(place: DataPlace, searchPath: string): Promise<RedisSearch> {
  const unpacked = join(place.folder, 'redis-package');
  const found = findRedisOnPath(searchPath) ?? findUnpackedRedis(unpacked);
  if (found !== undefined) return { found };
  if (!hasApt()) return { missing: `There is no Redis on this machine. ${HOW_TO_GET_ONE}` };
  try {
    return { found: await unpackRedis(unpacked) };
  } catch (error) {
    return {
      missing: `There is no Redis on this machine, and the distribution’s package cannot be had (${errorText(error)}). ${HOW_TO_GET_ONE}`,
    };
  }
}
