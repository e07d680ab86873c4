import { Counter, Gauge } from 'prom-client';
import type { Metrics } from './metrics';

export interface CacheMetrics {
  /** So many bodies came out of the cache, and so many had to be made. */
  asked: (counts: { hits: number; misses: number }) => void;
}

/** What the API says about its cache. Names: REST contract, section 2.11. */
export function createCacheMetrics({ registry }: Metrics): CacheMetrics {
  const total = { hit: 0, miss: 0 };
  const requests = new Counter({
    name: 'loupe_cache_requests_total',
    help: 'Bodies that were asked of the cache, by whether the version that holds was in it.',
    labelNames: ['result'],
    registers: [registry],
  });
  new Gauge({
    name: 'loupe_cache_hit_rate',
    help: 'Share of hits since the start of the process, 0 to 100.',
    registers: [registry],
    collect() {
      const all = total.hit + total.miss;
      this.set(all === 0 ? 0 : (100 * total.hit) / all);
    },
  });
  const count = (result: keyof typeof total, by: number): void => {
    total[result] += by;
    requests.inc({ result }, by);
  };
  // Both are there from the start, so that a rate over them is never without data.
  count('hit', 0);
  count('miss', 0);
  return {
    asked({ hits, misses }) {
      if (hits > 0) count('hit', hits);
      if (misses > 0) count('miss', misses);
    },
  };
}
