import { type BodyCache, createMemoryCache, layered, openRedisCache } from '@loupe/common/cache';
import type { StoreParts } from './stores';

/** Undefined: nothing is kept. */
export function openBodyCache({
  config: { cache },
  version,
  stack,
}: Pick<StoreParts, 'config' | 'version' | 'stack'>): BodyCache | undefined {
  const { isEnabled, maxBytes, lifetimeSeconds, redisUrl: url } = cache;
  if (!isEnabled) return undefined;
  const near = createMemoryCache({ maxBytes, lifetimeSeconds });
  if (url === undefined) return near;
  const far = openRedisCache({ url, prefix: `loupe:${version}`, lifetimeSeconds });
  stack.defer('cache', () => far.close());
  return layered(near, far);
}
