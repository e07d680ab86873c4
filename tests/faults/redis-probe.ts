import { openFailFastRedis } from '@loupe/common/redis';
import { eventually } from '@loupe/common/testing';
import type { FaultStack } from './fault-stack';

type Redis = ReturnType<typeof openFailFastRedis>;

/** Looks into Redis, and changes it, past the services' proxies. */
export interface RedisProbe {
  do<T>(work: (redis: Redis) => Promise<T>): Promise<T>;
  /** Runners' connections that wait for a hint. */
  waitingConsumers(): Promise<number>;
  /** Ids of runs whose hint a runner has taken from its queue, among the latest thousand. */
  hintsTaken(): Promise<Set<string>>;
}

export function redisProbe({ redis: { url, namespace } }: Pick<FaultStack, 'redis'>): RedisProbe {
  const probe: RedisProbe = {
    async do(work) {
      const redis = openFailFastRedis(url);
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
    hintsTaken: () =>
      probe.do(async (redis) => {
        const log = await redis.xrange(`{${namespace}}:runs-interactive:events`, '-', '+');
        const taken = log.filter(([, fields]) => fields.includes('completed'));
        return new Set(
          taken.flatMap(([, fields]) => fields.map((field) => /^r-(.*)-\d+$/.exec(field)?.[1] ?? '')),
        );
      }),
  };
  return probe;
}
