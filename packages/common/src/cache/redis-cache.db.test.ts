import { newId } from '../crypto';
import { eventually, startTcpProxy, type TcpProxy, testRedis } from '../testing';
import { type BodyCache, layered } from './body-cache';
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

/** Sets it until it is kept: a connection that is not there yet takes nothing. */
async function keep(cache: BodyCache, key: string, text: string): Promise<void> {
  const body = Buffer.from(text);
  await eventually('it is kept', async () => {
    cache.set(key, { version: 7, body });
    return (await cache.get([key]))[0]?.body.equals(body) === true;
  });
}

it('gives one process what another has kept', async () => {
  const [one, other] = [open(), open()];
  const key = newId();
  await keep(one, key, 'a body\nof two lines, ü');
  await eventually('the other is connected', async () => (await other.get([key]))[0] !== undefined);
  expect(await other.get([newId(), key])).toEqual([
    undefined,
    { version: 7, body: Buffer.from('a body\nof two lines, ü') },
  ]);
});

it('brings near what was far', async () => {
  const far = open();
  const key = newId();
  await keep(far, key, 'far');
  const near = createMemoryCache({ maxBytes: 1_000_000, lifetimeSeconds: 60 });
  expect((await layered(near, far).get([newId(), key]))[1]?.body.toString()).toBe('far');
  expect((await near.get([key]))[0]).toEqual({ version: 7, body: Buffer.from('far') });
});

it('has nothing while Redis is away, frozen or wrong, and comes back by itself', async () => {
  const cache = open(proxy.lead(url));
  const key = newId();
  await keep(cache, key, 'here');
  proxy.freeze();
  expect(await cache.get([key])).toEqual([undefined]);
  await proxy.cut();
  cache.set(key, { version: 8, body: Buffer.from('x') });
  expect(await cache.get([key])).toEqual([undefined]);
  await proxy.restore();
  await keep(cache, key, 'here again');
});

it('has nothing where nobody listens', async () => {
  // Nothing listens on port 1.
  const cache = open('redis://127.0.0.1:1');
  cache.set('a', { version: 1, body: Buffer.from('x') });
  expect(await cache.get(['a'])).toEqual([undefined]);
});
