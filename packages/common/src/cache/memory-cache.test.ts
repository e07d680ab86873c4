import { layered, maxBodyBytes } from './body-cache';
import { createMemoryCache } from './memory-cache';

const made = (version: number, body: Buffer | string) => ({
  version,
  madeAt: Date.now(),
  body: Buffer.from(body),
});
const bodyOf = (bytes: number) => made(1, Buffer.alloc(bytes, 'x'));
const open = (maxBytes = 1_000_000) => createMemoryCache({ maxBytes, lifetimeSeconds: 60 });

afterEach(() => {
  jest.useRealTimers();
});

it('keeps what was set last under a key, and gives it to who wants that version', async () => {
  const cache = open();
  cache.set('a', made(1, 'old'));
  const kept = made(2, 'new');
  cache.set('a', kept);
  const wanted = [
    { key: 'b', version: 2 },
    { key: 'a', version: 2 },
    { key: 'a', version: 1 },
  ];
  expect(await cache.get(wanted)).toEqual([undefined, kept, undefined]);
});

it('holds no more bytes than it may, and forgets what was used least lately', async () => {
  const cache = open(100_000);
  const wanted = Array.from({ length: 1_000 }, (_, i) => ({ key: `key ${i}`, version: 1 }));
  for (const { key } of wanted) {
    cache.set(key, bodyOf(10_000));
    await cache.get(wanted.slice(0, 1));
  }
  const kept = (await cache.get(wanted)).flatMap((entry, i) => (entry === undefined ? [] : [wanted[i]?.key]));
  expect(kept.length).toBeGreaterThan(5);
  expect(kept.length).toBeLessThan(10);
  expect(kept[0]).toBe('key 0');
  expect(kept.at(-1)).toBe('key 999');
});

it('does not keep what is too large, nor the memory of which a body was a part', async () => {
  const cache = open(10_000_000);
  cache.set('large', bodyOf(maxBodyBytes + 1));
  cache.set('slice', { ...bodyOf(0), body: Buffer.alloc(1_000_000).subarray(0, 10) });
  const [large, slice] = await cache.get([
    { key: 'large', version: 1 },
    { key: 'slice', version: 1 },
  ]);
  expect(large).toBeUndefined();
  expect(slice?.body.buffer.byteLength).toBe(10);
});

describe('a body that lives for a minute', () => {
  const wanted = [{ key: 'a', version: 1 }];
  const seconds = (count: number): void => {
    jest.advanceTimersByTime(count * 1_000);
  };

  it('is forgotten a minute after it was made, however often it is read', async () => {
    jest.useFakeTimers();
    const cache = open();
    cache.set('a', bodyOf(1));
    for (let i = 0; i < 2; i += 1) {
      expect((await cache.get(wanted))[0]).toBeDefined();
      seconds(29);
    }
    expect((await cache.get(wanted))[0]).toBeDefined();
    seconds(3);
    expect(await cache.get(wanted)).toEqual([undefined]);
  });

  it('is forgotten a minute after it was made, though it came near later', async () => {
    jest.useFakeTimers();
    const [near, far] = [open(), open()];
    far.set('a', bodyOf(1));
    seconds(50);
    expect((await layered(near, far).get(wanted))[0]).toBeDefined();
    expect((await near.get(wanted))[0]).toBeDefined();
    seconds(11);
    expect(await near.get(wanted)).toEqual([undefined]);
  });

  it('lives no longer because the clock of its maker is ahead, and is not kept when its time is over', async () => {
    jest.useFakeTimers();
    const cache = open();
    cache.set('a', { ...bodyOf(1), madeAt: Date.now() + 3_600_000 });
    seconds(61);
    expect(await cache.get(wanted)).toEqual([undefined]);
    cache.set('a', { ...bodyOf(1), madeAt: Date.now() - 60_000 });
    expect(await cache.get(wanted)).toEqual([undefined]);
  });
});

it('looks far for what is near in another version only', async () => {
  const [first, second, far] = [open(), open(), open()];
  const wanted = (version: number) => [{ key: 'a', version }];
  const [one, other] = [layered(first, far), layered(second, far)];
  other.set('a', made(1, 'old'));
  expect((await one.get(wanted(1)))[0]?.body.toString()).toBe('old');
  other.set('a', made(2, 'new'));
  expect((await one.get(wanted(2)))[0]?.body.toString()).toBe('new');
  expect((await first.get(wanted(2)))[0]?.body.toString()).toBe('new');
});
