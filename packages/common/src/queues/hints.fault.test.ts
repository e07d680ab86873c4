import { Redis } from 'ioredis';
import { type OwnRedis, ownRedis } from '../../../../tests/own-redis';
import { newId } from '../crypto';
import { eventually } from '../testing';
import { type HintConsumer, openHintConsumer } from './hint-consumer';
import { type HintProducer, openHintProducer } from './hint-producer';

// What Redis may do to us while nothing that was promised is lost: be away, die, freeze, and forget everything.

let redis: OwnRedis;
const opened: { close: () => Promise<void> }[] = [];
beforeEach(async () => {
  redis = await ownRedis();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ close }) => close()));
  await redis.close();
});

const hint = () => ({ runId: newId(), epoch: 1, pool: 'interactive' }) as const;

interface Listening {
  consumer: HintConsumer;
  received: string[];
  errors: Error[];
}

function listen(): Listening {
  const received: string[] = [];
  const errors: Error[] = [];
  const consumer = openHintConsumer({
    ...{ url: redis.url, namespace: 'loupe', pools: ['interactive'] },
    onHint: async ({ runId }) => void received.push(runId),
    onError: (error) => errors.push(error),
  });
  opened.push(consumer);
  return { consumer, received, errors };
}

function produce(): HintProducer {
  const producer = openHintProducer({ url: redis.url, namespace: 'loupe' });
  opened.push(producer);
  return producer;
}

const bothReady = (consumer: HintConsumer, producer: HintProducer, withinMs: number): Promise<unknown> =>
  eventually(
    'both sides are connected',
    () => consumer.status() === 'ready' && producer.status() === 'ready',
    withinMs,
  );

/** A hint comes through; the time is from the push on. */
async function comesThrough(
  { received }: Listening,
  producer: HintProducer,
  withinMs: number,
): Promise<void> {
  const one = hint();
  expect(await producer.push([one])).toBe(1);
  await eventually('the hint comes through', () => received.includes(one.runId), withinMs);
}

/** Milliseconds that `work` takes. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

describe('Redis away from the start', () => {
  it('costs a push no time and no error', async () => {
    const producer = produce();
    expect(producer.status()).toBe('away');
    expect(await timed(async () => expect(await producer.push([hint()])).toBe(0))).toBeLessThan(1_200);
  });

  it('keeps nobody from working once it comes', async () => {
    const [listening, producer] = [listen(), produce()];
    await eventually('the consumer has tried', () => listening.errors.length > 0);
    expect(listening.consumer.status()).toBe('away');
    expect(await producer.push([hint()])).toBe(0);
    await redis.start();
    await bothReady(listening.consumer, producer, 3_000);
    await comesThrough(listening, producer, 1_000);
  });

  it('keeps nobody from leaving', async () => {
    const [{ consumer }, producer] = [listen(), produce()];
    await producer.push([hint()]);
    expect(await timed(() => Promise.all([consumer.close(), producer.close()]))).toBeLessThan(2_000);
  });
});

describe('Redis killed', () => {
  // First, because BullMQ's guard of the command that waits for jobs outlives its worker by up to 11 s.
  it('keeps nobody from leaving', async () => {
    await redis.start();
    const [{ consumer }, producer] = [listen(), produce()];
    await bothReady(consumer, producer, 5_000);
    await redis.kill();
    expect(await timed(() => Promise.all([consumer.close(), producer.close()]))).toBeLessThan(2_000);
  });

  it('for longer than its clients wait at first, is used again within 3 s of its return', async () => {
    await redis.start();
    const [listening, producer] = [listen(), produce()];
    await bothReady(listening.consumer, producer, 5_000);
    await comesThrough(listening, producer, 2_000);
    await redis.kill();
    await eventually('both sides have noticed', () =>
      [listening.consumer.status(), producer.status()].every((status) => status === 'away'),
    );
    expect(await producer.push([hint()])).toBe(0);
    // Tries come further and further apart: this many last about 8 s, after which old versions of BullMQ fell silent.
    const before = listening.errors.length;
    await eventually(
      'the consumer has tried many times',
      () => listening.errors.length > before + 20,
      60_000,
    );
    await redis.start();
    await bothReady(listening.consumer, producer, 3_000);
    await comesThrough(listening, producer, 1_000);
  });

  it('while a hint is in hand, forgets it, and takes the next', async () => {
    await redis.start();
    const gate = Promise.withResolvers<undefined>();
    const received: string[] = [];
    const consumer = openHintConsumer({
      ...{ url: redis.url, namespace: 'loupe', pools: ['interactive'] },
      onHint: async ({ runId }) => {
        received.push(runId);
        if (received.length === 1) await gate.promise;
      },
    });
    opened.push(consumer);
    const producer = produce();
    await bothReady(consumer, producer, 5_000);
    await producer.push([hint()]);
    await eventually('the first is in hand', () => received.length === 1);
    await redis.kill();
    await eventually('the consumer has noticed', () => consumer.status() === 'away');
    await redis.start();
    gate.resolve(undefined);
    await bothReady(consumer, producer, 3_000);
    await comesThrough({ consumer, received, errors: [] }, producer, 3_000);
  });
});

describe('Redis frozen', () => {
  it('holds up a push for a second at most, and nobody afterwards', async () => {
    await redis.start();
    const [listening, producer] = [listen(), produce()];
    await bothReady(listening.consumer, producer, 5_000);
    redis.freeze();
    expect(await timed(async () => expect(await producer.push([hint(), hint()])).toBe(0))).toBeLessThan(
      1_200,
    );
    redis.thaw();
    await eventually('a push succeeds again', async () => (await producer.push([hint()])) === 1);
    await comesThrough(listening, producer, 3_000);
  });

  it('keeps nobody from leaving', async () => {
    await redis.start();
    const [{ consumer }, producer] = [listen(), produce()];
    await bothReady(consumer, producer, 5_000);
    await producer.push([hint()]);
    redis.freeze();
    expect(await timed(() => consumer.pause())).toBeLessThan(500);
    expect(await timed(() => Promise.all([consumer.close(), producer.close()]))).toBeLessThan(2_500);
    redis.thaw();
  });
});

it('Redis emptied, forgets what waits, and takes the same hint again', async () => {
  await redis.start();
  const producer = produce();
  await eventually('it is connected', () => producer.status() === 'ready');
  const one = hint();
  await producer.push([one]);
  const client = new Redis(redis.url);
  await client.flushall();
  client.disconnect();
  expect(await producer.push([one])).toBe(1);
  const listening = listen();
  await eventually('it arrives', () => listening.received.length > 0);
  expect(listening.received).toEqual([one.runId]);
});
