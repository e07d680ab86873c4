import { Redis } from 'ioredis';
import { type OwnRedis, ownRedis } from '../../../../tests/own-redis';
import { eventually } from '../testing';
import { openRedisCache, type RedisCache } from './redis-cache';

let redis: OwnRedis;
let cache: RedisCache;
beforeAll(async () => {
  redis = await ownRedis();
  await redis.start();
  cache = openRedisCache({ url: redis.url, prefix: 'test', lifetimeSeconds: 60 });
});
afterAll(async () => {
  await cache.close();
  await redis.close();
});

const wanted = [{ key: 'a', version: 1 }];
const kept = () => ({ version: 1, madeAt: Date.now(), body: Buffer.from('x') });
const isKept = async (): Promise<boolean> => {
  cache.set('a', kept());
  return (await cache.get(wanted))[0] !== undefined;
};

it('asks a Redis that did not answer nothing more for a while, and sends it nothing', async () => {
  await eventually('it is kept', isKept);
  const admin = new Redis(redis.url);
  const callsOf = async (command: string): Promise<number> => {
    const info = await admin.info('commandstats');
    return Number(new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm').exec(info)?.[1] ?? 0);
  };
  const before = { mget: await callsOf('mget'), set: await callsOf('set') };
  redis.freeze();
  expect(await cache.get(wanted)).toEqual([undefined]);
  // All in the moment after the first gave up.
  const others = Array.from({ length: 50 }, () => cache.get(wanted));
  for (let i = 0; i < 50; i += 1) cache.set('a', kept());
  expect(await Promise.all(others)).toEqual(Array(50).fill([undefined]));
  redis.thaw();
  expect({ mget: await callsOf('mget'), set: await callsOf('set') }).toEqual({
    ...before,
    mget: before.mget + 1,
  });
  admin.disconnect();
  await eventually('it is asked again', isKept);
});
