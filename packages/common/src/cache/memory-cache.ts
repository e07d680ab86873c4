import { LRUCache } from 'lru-cache';
import { type BodyCache, type KeptBody, maxBodyBytes, millisecondsLeft, type WantedBody } from './body-cache';

export interface MemoryCacheOptions {
  /** Of all that is kept, keys and bookkeeping included. */
  maxBytes: number;
  /** An entry is forgotten that long after it was made, wherever it has been meanwhile. */
  lifetimeSeconds: number;
}

/** Of the maps and lists that an entry stands in, roughly. */
const bookkeepingBytes = 300;

/** In this process; what was used least lately goes first. */
export function createMemoryCache({ maxBytes, lifetimeSeconds }: MemoryCacheOptions): BodyCache {
  const entries = new LRUCache<string, KeptBody>({
    maxSize: maxBytes,
    sizeCalculation: ({ body }, key) => body.length + 2 * key.length + bookkeepingBytes,
  });
  const isOver = (kept: KeptBody): boolean => millisecondsLeft(kept, lifetimeSeconds) <= 0;
  const find = ({ key, version }: WantedBody): KeptBody | undefined => {
    const kept = entries.get(key);
    return kept === undefined || kept.version !== version || isOver(kept) ? undefined : kept;
  };
  return {
    get: (wanted) => Promise.resolve(wanted.map(find)),
    set(key, kept) {
      const { body } = kept;
      if (body.length > maxBodyBytes || isOver(kept)) return;
      // A small buffer may be a slice of a larger one, which would stay in memory uncounted.
      const own = Buffer.allocUnsafeSlow(body.length);
      body.copy(own);
      // The maker's clock may be ahead of ours.
      entries.set(key, { ...kept, madeAt: Math.min(kept.madeAt, Date.now()), body: own });
    },
  };
}
