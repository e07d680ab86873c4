import Joi from 'joi';
import { section, type Section } from '../definition';
import { hasWellKnownPassword, redisUrl } from '../urls';

export interface RedisConfig {
  /** Undefined: no Redis; runs are then found by polling the database. */
  url: string | undefined;
  /** Prefix of every key, so that several installations can share a server. */
  namespace: string;
}

/** The queue's Redis. */
export const redisSection: Section<RedisConfig> = section({
  variables: {
    REDIS_URL: redisUrl().description(
      'Redis of the queue, dedicated, with `maxmemory-policy noeviction`. Unset: Loupe runs without one, and finds runs by polling.',
    ),
    REDIS_NAMESPACE: Joi.string()
      .pattern(/^[a-z0-9_-]{1,64}$/)
      .default('loupe')
      .meta({ allowed: '1–64 of `a–z 0–9 _ -`' })
      .description('Prefix of every key in Redis.'),
  },
  check: (values, isProduction) => ({
    ...(isProduction &&
      values.REDIS_URL !== undefined &&
      hasWellKnownPassword(values.REDIS_URL) && {
        REDIS_URL: 'REDIS_URL has a password that everybody knows',
      }),
  }),
  read: (values) => ({
    url: values.REDIS_URL,
    namespace: values.REDIS_NAMESPACE,
  }),
});
