import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { newId } from '../crypto';
import type { RunPool } from '../models';
import { redisOptions, type RedisTarget } from '../redis';
import { eventually, testRedis } from '../testing';
import { type HintConsumer, openHintConsumer } from './hint-consumer';
import { type HintProducer, openHintProducer } from './hint-producer';
import { jobId, keyPrefix, queueName, type RunHint } from './run-hints';

const opened: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ close }) => close()));
});

type Received = RunHint & { pool: RunPool };

async function producerOf(target: RedisTarget): Promise<HintProducer> {
  const producer = openHintProducer(target);
  opened.push(producer);
  await eventually('the producer is connected', () => producer.status() === 'ready');
  return producer;
}

interface Listening {
  consumer: HintConsumer;
  received: Received[];
}

async function listen(
  target: RedisTarget,
  onHint?: (hint: Received) => Promise<void>,
  pools: readonly RunPool[] = ['interactive', 'scheduled'],
): Promise<Listening> {
  const received: Received[] = [];
  const consumer = openHintConsumer({
    ...target,
    pools,
    onHint: async (hint) => {
      received.push(hint);
      await onHint?.(hint);
    },
  });
  opened.push(consumer);
  await eventually('the consumer is connected', () => consumer.status() === 'ready');
  return { consumer, received };
}

const hint = (pool: RunPool = 'interactive', epoch = 1): Received => ({ runId: newId(), epoch, pool });

const received = (listening: Listening, count: number): Promise<unknown> =>
  eventually(`${count} hints arrive`, () => listening.received.length === count);

it('carries each hint to the consumers of its pool', async () => {
  const redis = testRedis();
  const [interactive, scheduled] = [
    await listen(redis, undefined, ['interactive']),
    await listen(redis, undefined, ['scheduled']),
  ];
  const hints = [hint(), hint('scheduled'), hint()];
  expect(await (await producerOf(redis)).push(hints)).toBe(3);
  await received(interactive, 2);
  await received(scheduled, 1);
  expect(interactive.received).toEqual([hints[0], hints[2]]);
  expect(scheduled.received).toEqual([hints[1]]);
});

it('keeps what was pushed before anybody listened, in order', async () => {
  const redis = testRedis();
  const hints = Array.from({ length: 20 }, () => hint());
  const producer = await producerOf(redis);
  for (const one of hints) await producer.push([one]);
  const listening = await listen(redis);
  await received(listening, 20);
  expect(listening.received).toEqual(hints);
});

it('hands out one hint per pool at a time: the next comes when the one in hand is done with', async () => {
  const redis = testRedis();
  const gate = Promise.withResolvers<undefined>();
  const listening = await listen(redis, () => gate.promise);
  const producer = await producerOf(redis);
  await producer.push([hint(), hint(), hint('scheduled'), hint('scheduled')]);
  await received(listening, 2);
  expect(listening.received.map(({ pool }) => pool).sort()).toEqual(['interactive', 'scheduled']);
  gate.resolve(undefined);
  await received(listening, 4);
});

it('shares the hints out among several consumers, each to one of them', async () => {
  const redis = testRedis();
  const [one, two] = [await listen(redis), await listen(redis)];
  await (await producerOf(redis)).push(Array.from({ length: 30 }, () => hint()));
  await eventually('all arrive', () => one.received.length + two.received.length === 30);
  const ids = [...one.received, ...two.received].map(({ runId }) => runId);
  expect(new Set(ids).size).toBe(30);
});

describe('the same hint again', () => {
  it('adds nothing while its job exists', async () => {
    const redis = testRedis();
    const producer = await producerOf(redis);
    const one = hint();
    expect(await producer.push([one])).toBe(1);
    expect(await producer.push([one])).toBe(1);
    expect(await producer.push([one, one])).toBe(2);
    const last = hint();
    await producer.push([last]);
    const listening = await listen(redis);
    await received(listening, 2);
    expect(listening.received).toEqual([one, last]);
  });

  it('works again once its job is done, and leaves nothing behind', async () => {
    const redis = testRedis();
    const listening = await listen(redis);
    const producer = await producerOf(redis);
    const one = hint();
    for (let times = 1; times <= 3; times += 1) {
      await jobGone(redis, one);
      await producer.push([one]);
      await received(listening, times);
    }
    await jobGone(redis, one);
  });

  it('works again after a handler that failed', async () => {
    const redis = testRedis();
    const listening = await listen(redis, () => Promise.reject(new Error('the claim failed')));
    const producer = await producerOf(redis);
    const one = hint();
    await producer.push([one]);
    await received(listening, 1);
    await jobGone(redis, one);
    await producer.push([one]);
    await received(listening, 2);
  });

  it('with the next epoch is another one', async () => {
    const redis = testRedis();
    const producer = await producerOf(redis);
    const one = hint();
    await producer.push([one, { ...one, epoch: 2 }]);
    const listening = await listen(redis);
    await received(listening, 2);
    expect(listening.received.map(({ epoch }) => epoch)).toEqual([1, 2]);
  });
});

function queueOf(target: RedisTarget, pool: RunPool): Queue {
  const queue = new Queue(queueName(pool), {
    connection: redisOptions(target),
    prefix: keyPrefix(target.namespace),
  });
  opened.push({ close: () => queue.close() });
  return queue;
}

/** Resolves when the hint's job is gone from the queue. */
function jobGone(target: RedisTarget, one: Received): Promise<unknown> {
  const queue = queueOf(target, one.pool);
  return eventually('the job is gone', async () => (await queue.getJob(jobId(one))) === undefined);
}

it('passes over what somebody else put into the queue', async () => {
  const redis = testRedis();
  const queue = queueOf(redis, 'interactive');
  for (const data of [null, 'text', { runId: 'x' }, { runId: newId() }]) await queue.add('rubbish', data);
  const one = hint();
  await (await producerOf(redis)).push([one]);
  const listening = await listen(redis);
  await received(listening, 1);
  expect(listening.received).toEqual([one]);
  await eventually('the queue is empty', async () => (await queue.count()) === 0);
});

it('keeps installations that share a server apart', async () => {
  const [mine, yours] = [testRedis(), testRedis()];
  const [listening, other] = [await listen(mine), await listen(yours)];
  await (await producerOf(yours)).push([hint()]);
  await (await producerOf(mine)).push([hint()]);
  await received(listening, 1);
  await received(other, 1);
  expect(listening.received).not.toEqual(other.received);
});

it('keeps no more than about a thousand events, however many hints there were', async () => {
  const redis = testRedis();
  const producer = await producerOf(redis);
  for (let round = 0; round < 10; round += 1) await producer.push(Array.from({ length: 300 }, () => hint()));
  const client = new Redis(redis.url);
  opened.push({ close: async () => client.disconnect() });
  // Redis trims whole nodes of a stream, of a hundred entries each.
  const events = await client.xlen(`${keyPrefix(redis.namespace)}:${queueName('interactive')}:events`);
  expect(events).toBeGreaterThan(0);
  expect(events).toBeLessThan(1_200);
});

it('pushes nothing for nothing', async () => {
  expect(await (await producerOf(testRedis())).push([])).toBe(0);
});

describe('a consumer that is paused', () => {
  it('takes no more, and does not wait for the hint in hand', async () => {
    const redis = testRedis();
    const gate = Promise.withResolvers<undefined>();
    const first = await listen(redis, () => gate.promise);
    const producer = await producerOf(redis);
    await producer.push([hint()]);
    await received(first, 1);
    await first.consumer.pause();
    const late = hint();
    await producer.push([late]);
    // Somebody else gets it, so the paused one had its chance and let it pass.
    const second = await listen(redis);
    await received(second, 1);
    expect(second.received).toEqual([late]);
    gate.resolve(undefined);
    expect(first.received).toHaveLength(1);
  });
});
