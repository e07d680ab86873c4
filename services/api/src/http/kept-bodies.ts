import type { BodyCache, WantedBody } from '@loupe/common/cache';
import type { CacheMetrics } from '@loupe/common/observability';

/** Rendered answers that are kept, and who counts. */
export interface KeptBodies {
  /** Undefined: nothing is. */
  cache: BodyCache | undefined;
  metrics: CacheMetrics;
}

/** The bodies of these keys that were made of these versions. */
export async function takeKept(
  { cache, metrics }: KeptBodies,
  wanted: readonly WantedBody[],
): Promise<(Buffer | undefined)[]> {
  if (cache === undefined) return wanted.map(() => undefined);
  const bodies = (await cache.get(wanted)).map((kept) => kept?.body);
  const hits = bodies.filter((body) => body !== undefined).length;
  metrics.asked({ hits, misses: bodies.length - hits });
  return bodies;
}
