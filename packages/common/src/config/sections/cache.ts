import { type Problems, section, type Section } from '../definition';
import { hasWellKnownPassword, redisUrl } from '../urls';
import { flag, wholeNumber } from '../values';

export interface CacheConfig {
  isEnabled: boolean;
  /** Undefined: each process keeps its own. */
  redisUrl: string | undefined;
  lifetimeSeconds: number;
  maxBytes: number;
}

const MEBIBYTE = 1_048_576;

/**
 * The queue's Redis must never evict, a cache's should: one server cannot be both, whatever the database's number. Of one server that
 * has two names, or stands behind Sentinels, the API learns when it starts.
 */
function isSameServer(a: string, b: string): boolean {
  const serverOf = (text: string): string | undefined => {
    const url = URL.parse(text);
    return url === null ? undefined : `${url.hostname.toLowerCase()}:${url.port === '' ? '6379' : url.port}`;
  };
  return serverOf(a) !== undefined && serverOf(a) === serverOf(b);
}

function problemsOf(values: Readonly<Record<string, unknown>>, isProduction: boolean): Problems {
  const cache = values['CACHE_REDIS_URL'] as string | undefined;
  const queue = values['REDIS_URL'] as string | undefined;
  if (cache === undefined) return {};
  if (queue !== undefined && isSameServer(cache, queue)) {
    return {
      CACHE_REDIS_URL: 'CACHE_REDIS_URL must not be the server of REDIS_URL: the queue’s never evicts',
    };
  }
  return isProduction && hasWellKnownPassword(cache)
    ? { CACHE_REDIS_URL: 'CACHE_REDIS_URL has a password that everybody knows' }
    : {};
}

/** Rendered answers that are kept. What they are checked against lies in the database alone (docs/adr/0023). */
export const cacheSection: Section<CacheConfig> = section({
  variables: {
    CACHE_ENABLED: flag()
      .default(true)
      .description('Keep rendered dashboards and canvases. Never sessions, roles or anything that decides.'),
    CACHE_REDIS_URL: redisUrl().description(
      'Redis that several API processes keep them in as well, private and apart from the queue’s, with `maxmemory` and `maxmemory-policy allkeys-lru`. Unset: each process keeps its own.',
    ),
    CACHE_DEFAULT_TTL: wholeNumber(1, 86_400)
      .default(300)
      .description('Seconds that an entry is kept. A change shows at once, whatever this says.'),
    CACHE_MEMORY_BYTES: wholeNumber(MEBIBYTE, 16_384 * MEBIBYTE)
      .default(64 * MEBIBYTE)
      .description('Most memory for them in one process.'),
  },
  check: (values, isProduction) => problemsOf(values, isProduction),
  read: (values) => ({
    isEnabled: values.CACHE_ENABLED,
    redisUrl: values.CACHE_REDIS_URL,
    lifetimeSeconds: values.CACHE_DEFAULT_TTL,
    maxBytes: values.CACHE_MEMORY_BYTES,
  }),
});
