import { Redis } from 'ioredis';
import { newId } from '../crypto';
import { eventually, startTcpProxy, type TcpProxy, testRedis } from '../testing';
import { type BodyCache, type KeptBody, layered, maxBodyBytes } from './body-cache';
import { createMemoryCache } from './memory-cache';
import { openRedisCache } from './redis-cache';

const { url, namespace } = testRedis();
let proxy: TcpProxy;
const opened: { close: () => Promise<void> }[] = [];
beforeAll(async () => {
  proxy = await startTcpProxy(url);
});
afterAll(async () => {
  await Promise.all(opened.map(({ close }) => close()));
  await proxy.close();
});

function open(address = url): BodyCache {
  const cache = openRedisCache({ url: address, prefix: namespace, lifetimeSeconds: 60 });
  opened.push(cache);
  return cache;
}

const wanted = (...keys: string[]) => keys.map((key) => ({ key, version: 7 }));

/** Sets it until it is kept: a connection that is not there yet takes nothing. */
async function keep(
  cache: BodyCache,
  key: string,
  { text, madeAt = Date.now() }: { text: string; madeAt?: number },
): Promise<KeptBody> {
  const kept = { version: 7, madeAt, body: Buffer.from(text) };
  await eventually('it is kept', async () => {
    cache.set(key, kept);
    return (await cache.get(wanted(key)))[0]?.body.equals(kept.body) === true;
  });
  return kept;
}

it('gives one process what another has kept', async () => {
  const [one, other] = [open(), open()];
  const key = newId();
  const kept = await keep(one, key, { text: 'a body\nof two lines, ü' });
  await eventually('the other is connected', async () => (await other.get(wanted(key)))[0] !== undefined);
  expect(await other.get([...wanted(newId(), key), { key, version: 6 }])).toEqual([
    undefined,
    kept,
    undefined,
  ]);
});

it('brings near what was far', async () => {
  const far = open();
  const key = newId();
  const kept = await keep(far, key, { text: 'far' });
  const near = createMemoryCache({ maxBytes: 1_000_000, lifetimeSeconds: 60 });
  expect((await layered(near, far).get(wanted(newId(), key)))[1]?.body.toString()).toBe('far');
  expect((await near.get(wanted(key)))[0]).toEqual(kept);
});

describe('what lies in Redis', () => {
  let redis: Redis;
  beforeAll(() => {
    redis = new Redis(url);
  });
  afterAll(() => redis.disconnect());

  it('is forgotten that long after it was made', async () => {
    const cache = open();
    const [fresh, old] = [newId(), newId()];
    await keep(cache, fresh, { text: 'fresh' });
    await keep(cache, old, { text: 'old', madeAt: Date.now() - 30_000 });
    const [left, leftOfOld] = [
      await redis.pttl(`${namespace}:${fresh}`),
      await redis.pttl(`${namespace}:${old}`),
    ];
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(60_000);
    expect(leftOfOld).toBeGreaterThan(0);
    expect(leftOfOld).toBeLessThanOrEqual(30_000);
  });

  it.each([
    '',
    '{}',
    '\nx',
    ' \nx',
    '0\nx',
    ' 1\nx',
    '0 \nx',
    '1e1 1\nx',
    '-0 1\nx',
    '0 1',
    `${'0'.repeat(99)} 1\nx`,
  ])('is nothing unless it begins as ours do: %j', async (text) => {
    const cache = open();
    const [key, wrong] = [newId(), newId()];
    await keep(cache, key, { text: 'right' });
    await redis.set(`${namespace}:${wrong}`, text, 'EX', 60);
    const asked = [...wanted(key), { key: wrong, version: 0 }, { key: wrong, version: 10 }];
    expect((await cache.get(asked)).map((kept) => kept?.body.toString())).toEqual([
      'right',
      undefined,
      undefined,
    ]);
  });

  it('is not more than a list can take', async () => {
    const cache = open();
    const [key, large] = [newId(), newId()];
    await keep(cache, key, { text: 'right' });
    cache.set(large, { version: 7, madeAt: Date.now(), body: Buffer.alloc(maxBodyBytes + 1) });
    // Commands of one connection are answered in their order.
    expect((await cache.get(wanted(key)))[0]).toBeDefined();
    expect(await redis.exists(`${namespace}:${large}`)).toBe(0);
  });
});

it('has nothing while Redis is away, frozen or wrong, and comes back by itself', async () => {
  const cache = open(proxy.lead(url));
  const key = newId();
  await keep(cache, key, { text: 'here' });
  proxy.freeze();
  expect(await cache.get(wanted(key))).toEqual([undefined]);
  await proxy.cut();
  cache.set(key, { version: 8, madeAt: Date.now(), body: Buffer.from('x') });
  expect(await cache.get(wanted(key))).toEqual([undefined]);
  await proxy.restore();
  await keep(cache, key, { text: 'here again' });
});

it('has nothing where nobody listens', async () => {
  // Nothing listens on port 1.
  const cache = open('redis://127.0.0.1:1');
  cache.set('a', { version: 7, madeAt: Date.now(), body: Buffer.from('x') });
  expect(await cache.get(wanted('a'))).toEqual([undefined]);
});
