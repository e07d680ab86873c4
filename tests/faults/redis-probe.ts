import { openFailFastRedis } from '@loupe/common/redis';
import { eventually } from '@loupe/common/testing';
import type { FaultStack } from './fault-stack';

type Redis = ReturnType<typeof openFailFastRedis>;

/** Looks into Redis, and changes it, past the services' proxies. */
export interface RedisProbe {
  do<T>(work: (redis: Redis) => Promise<T>): Promise<T>;
  /** Runners' connections that wait for a hint. */
  waitingConsumers(): Promise<number>;
  /** Ids of runs whose hint is there, taken or not. */
  hintsWaiting(): Promise<Set<string>>;
  /** Ids of runs whose hint a runner has taken from its queue, among the latest thousand. */
  hintsTaken(): Promise<Set<string>>;
}

export function redisProbe({ redis: { address, namespace } }: Pick<FaultStack, 'redis'>): RedisProbe {
  const queue = `{${namespace}}:runs-interactive`;
  const probe: RedisProbe = {
    async do(work) {
      const redis = openFailFastRedis(address);
      try {
        await eventually('Redis answers', () => redis.status === 'ready');
        return await work(redis);
      } finally {
        redis.disconnect();
      }
    },
    waitingConsumers: () =>
      probe.do(async (redis) => {
        const clients = (await redis.client('LIST')) as string;
        return clients.split('\n').filter((client) => /cmd=bzpopmin\b/.test(client)).length;
      }),
    hintsWaiting: () => probe.do(async (redis) => idsOf(await redis.keys(`${queue}:r-*`))),
    hintsTaken: () =>
      probe.do(async (redis) => {
        const log = await redis.xrange(`${queue}:events`, '-', '+');
        const taken = log.filter(([, fields]) => fields.includes('completed'));
        return idsOf(taken.flatMap(([, fields]) => fields));
      }),
  };
  return probe;
}

/** Runs whose job is named at the end of one of these. */
const idsOf = (texts: readonly string[]): Set<string> =>
  new Set(texts.flatMap((text) => /(?:^|:)r-([0-9a-f-]{36})-\d+$/.exec(text)?.[1] ?? []));
