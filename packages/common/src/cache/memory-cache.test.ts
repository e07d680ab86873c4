import { createMemoryCache } from './memory-cache';
import { maxBodyBytes } from './body-cache';

const bodyOf = (bytes: number) => ({ version: 1, body: Buffer.alloc(bytes, 'x') });

it('keeps what was set last under a key, with its version', async () => {
  const cache = createMemoryCache({ maxBytes: 1_000_000, lifetimeSeconds: 60 });
  cache.set('a', { version: 1, body: Buffer.from('old') });
  cache.set('a', { version: 2, body: Buffer.from('new') });
  expect(await cache.get(['b', 'a'])).toEqual([undefined, { version: 2, body: Buffer.from('new') }]);
});

it('holds no more bytes than it may, and forgets what was used least lately', async () => {
  const cache = createMemoryCache({ maxBytes: 100_000, lifetimeSeconds: 60 });
  const keys = Array.from({ length: 1_000 }, (_, i) => `key ${i}`);
  for (const key of keys) {
    cache.set(key, bodyOf(10_000));
    await cache.get(['key 0']);
  }
  const kept = (await cache.get(keys)).flatMap((entry, i) => (entry === undefined ? [] : [keys[i]]));
  expect(kept.length).toBeGreaterThan(5);
  expect(kept.length).toBeLessThan(10);
  expect(kept[0]).toBe('key 0');
  expect(kept.at(-1)).toBe('key 999');
});

it('does not keep what is too large, nor the memory of which a body was a part', async () => {
  const cache = createMemoryCache({ maxBytes: 10_000_000, lifetimeSeconds: 60 });
  cache.set('large', bodyOf(maxBodyBytes + 1));
  cache.set('slice', { version: 1, body: Buffer.alloc(1_000_000).subarray(0, 10) });
  const [large, slice] = await cache.get(['large', 'slice']);
  expect(large).toBeUndefined();
  expect(slice?.body.buffer.byteLength).toBe(10);
});
