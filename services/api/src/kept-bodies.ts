import { type BodyCache, createMemoryCache, layered, openRedisCache } from '@loupe/common/cache';
import { type CacheMetrics, createCacheMetrics } from '@loupe/common/observability';
import type { StoreParts } from './stores';

export interface KeptBodies {
  /** Undefined: nothing is kept. */
  cache: BodyCache | undefined;
  metrics: CacheMetrics;
}

export function openKeptBodies(
  parts: Pick<StoreParts, 'config' | 'metrics' | 'stack' | 'version'>,
): KeptBodies {
  const cache = openCache(parts);
  if (cache !== undefined) parts.stack.defer('cache', () => cache.close());
  return { cache, metrics: createCacheMetrics(parts.metrics) };
}

function openCache({
  config: {
    cache: { isEnabled, maxBytes, lifetimeSeconds, redisUrl: url },
  },
  version,
}: Pick<StoreParts, 'config' | 'version'>): BodyCache | undefined {
  if (!isEnabled) return undefined;
  const memory = createMemoryCache({ maxBytes, lifetimeSeconds });
  if (url === undefined) return memory;
  return layered(memory, openRedisCache({ url, prefix: `loupe:${version}`, lifetimeSeconds }));
}
