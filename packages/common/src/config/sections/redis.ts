import Joi from 'joi';
import { type Problems, section, type Section } from '../definition';
import { hasWellKnownPassword, isWellKnownPassword, redisUrl } from '../urls';
import { flag, refuse } from '../values';

export interface RedisConfig {
  /** Undefined: no Redis; runs are then found by polling the database. */
  target: (({ url: string } | { sentinels: SentinelsConfig }) & { namespace: string }) | undefined;
}

export interface SentinelsConfig {
  hosts: { host: string; port: number }[];
  /** The name by which the Sentinels know the Redis. */
  name: string;
  username: string | undefined;
  password: string | undefined;
  sentinelPassword: string | undefined;
  tls: boolean;
}

const hostAndPort = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+)):(\d{1,5})$/i;

function sentinelList(): Joi.AnySchema<SentinelsConfig['hosts'] | undefined> {
  return Joi.any<SentinelsConfig['hosts'] | undefined>().custom((text: unknown, helpers) => {
    if (typeof text !== 'string') return text;
    const parts = text.split(',').map((part) => hostAndPort.exec(part.trim()));
    const hosts = parts.flatMap((part) => {
      const [host, port] = [part?.[1] ?? part?.[2], Number(part?.[3])];
      return host === undefined || port < 1 || port > 65_535 ? [] : [{ host, port }];
    });
    return hosts.length === parts.length ? hosts : refuse(helpers, 'must be a list of host:port');
  });
}

const secret = (): Joi.StringSchema<string | undefined> =>
  Joi.string<string | undefined>().meta({ secret: true });

/** What is said with Sentinels alone; a URL holds it in itself. */
const sentinelVariables = {
  REDIS_SENTINEL_NAME: Joi.string<string | undefined>()
    .pattern(/^[A-Za-z0-9._-]{1,64}$/)
    .meta({ default: 'required with `REDIS_SENTINELS`', allowed: '1–64 of `A–Z a–z 0–9 . _ -`' })
    .description('Name by which the Sentinels know the Redis of the queue.'),
  REDIS_USERNAME: Joi.string<string | undefined>()
    .meta({ default: 'the default user' })
    .description('User in the Redis behind the Sentinels.'),
  REDIS_PASSWORD: secret().description('Password in the Redis behind the Sentinels.'),
  REDIS_SENTINEL_PASSWORD: secret().description('Password of the Sentinels themselves.'),
  REDIS_SENTINEL_TLS: flag()
    .meta({ default: 'false' })
    .description('TLS to the Sentinels and to the Redis behind them.'),
};

type Given = Readonly<Record<string, unknown>>;

/** One way to say where Redis is, and all that belongs to it. */
function contradictions(values: Given): Problems {
  if (values['REDIS_SENTINELS'] === undefined) {
    const stray = Object.keys(sentinelVariables).filter((name) => values[name] !== undefined);
    return Object.fromEntries(stray.map((name) => [name, `${name} says nothing without REDIS_SENTINELS`]));
  }
  return {
    ...(values['REDIS_URL'] !== undefined && {
      REDIS_SENTINELS: 'REDIS_SENTINELS and REDIS_URL exclude each other',
    }),
    ...(values['REDIS_SENTINEL_NAME'] === undefined && {
      REDIS_SENTINEL_NAME: 'REDIS_SENTINEL_NAME is required with REDIS_SENTINELS',
    }),
  };
}

function wellKnownPasswords(values: Given): Problems {
  const known = ['REDIS_PASSWORD', 'REDIS_SENTINEL_PASSWORD'].filter((name) =>
    isWellKnownPassword(values[name] as string | undefined),
  );
  const url = values['REDIS_URL'] as string | undefined;
  if (url !== undefined && hasWellKnownPassword(url)) known.push('REDIS_URL');
  return Object.fromEntries(known.map((name) => [name, `${name} has a password that everybody knows`]));
}

/** The queue's Redis. */
export const redisSection: Section<RedisConfig> = section({
  variables: {
    REDIS_URL: redisUrl().description(
      'Redis of the queue, dedicated, with `maxmemory-policy noeviction`. Unset, and no `REDIS_SENTINELS` either: Loupe runs without one, and finds runs by polling.',
    ),
    REDIS_SENTINELS: sentinelList()
      .meta({ allowed: '`host:port` of each, with commas between' })
      .description('Sentinels that know which Redis is the master, instead of `REDIS_URL`.'),
    ...sentinelVariables,
    REDIS_NAMESPACE: Joi.string()
      .pattern(/^[a-z0-9_-]{1,64}$/)
      .default('loupe')
      .meta({ allowed: '1–64 of `a–z 0–9 _ -`' })
      .description('Prefix of every key in Redis.'),
  },
  check: (values, isProduction) => ({
    ...contradictions(values),
    ...(isProduction && wellKnownPasswords(values)),
  }),
  read: (values) => ({ target: targetOf(values) }),
});

function targetOf(values: Given): RedisConfig['target'] {
  const namespace = values['REDIS_NAMESPACE'] as string;
  const url = values['REDIS_URL'] as string | undefined;
  if (url !== undefined) return { url, namespace };
  const hosts = values['REDIS_SENTINELS'] as SentinelsConfig['hosts'] | undefined;
  if (hosts === undefined) return undefined;
  const sentinels: SentinelsConfig = {
    hosts,
    name: values['REDIS_SENTINEL_NAME'] as string,
    username: values['REDIS_USERNAME'] as string | undefined,
    password: values['REDIS_PASSWORD'] as string | undefined,
    sentinelPassword: values['REDIS_SENTINEL_PASSWORD'] as string | undefined,
    tls: values['REDIS_SENTINEL_TLS'] === true,
  };
  return { sentinels, namespace };
}
