import { Redis } from 'ioredis';
import { newId } from '../crypto';
import type { RedisTarget } from '../redis';
import { eventually, testRedis } from '../testing';
import { cancelChannel } from './run-channels';
import { type CancelPublisher, openCancelPublisher, silentCancelPublisher } from './cancel-publisher';
import { openCancelSubscriber } from './cancel-subscriber';

const opened: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ close }) => close()));
});

async function listen(
  target: RedisTarget,
  sessionId: string,
): Promise<{ heard: string[]; readies: () => number }> {
  const heard: string[] = [];
  let readies = 0;
  const subscriber = openCancelSubscriber({
    ...target,
    sessionId,
    onCancel: (runId) => heard.push(runId),
    onReady: () => (readies += 1),
  });
  opened.push(subscriber);
  expect(subscriber.ready()).toBe(false);
  await eventually('the subscription stands', () => subscriber.ready());
  return { heard, readies: () => readies };
}

/** Publishes until it is heard: a message that goes out before the publisher is connected is lost, as it may be. */
async function publisherOf(target: RedisTarget): Promise<CancelPublisher> {
  const publisher = openCancelPublisher(target);
  opened.push(publisher);
  const probe = await listen(target, 'probe');
  await eventually('the publisher is connected', () => {
    publisher.publish('probe', newId());
    return probe.heard.length > 0;
  });
  return publisher;
}

it('reaches the session that it is meant for, and no other', async () => {
  const redis = testRedis();
  const [mine, other] = [await listen(redis, 'mine'), await listen(redis, 'other')];
  const stranger = await listen(testRedis(), 'mine');
  const publisher = await publisherOf(redis);
  const [first, second, third] = [newId(), newId(), newId()];
  publisher.publish('mine', first);
  publisher.publish('other', second);
  publisher.publish('mine', third);
  await eventually('all are heard', () => mine.heard.length === 2 && other.heard.length === 1);
  expect([mine.heard, other.heard, stranger.heard]).toEqual([[first, third], [second], []]);
  expect(mine.readies()).toBe(1);
});

it('is passed over when it is not one of ours', async () => {
  const redis = testRedis();
  const listening = await listen(redis, 'mine');
  const intruder = new Redis(redis.url);
  for (const text of ['', 'text', '{"runId":"x"}', '{}']) {
    await intruder.publish(cancelChannel(redis.namespace, 'mine'), text);
  }
  const runId = newId();
  await intruder.publish(cancelChannel(redis.namespace, 'mine'), JSON.stringify({ runId }));
  await eventually('the good one is heard', () => listening.heard.length > 0);
  expect(listening.heard).toEqual([runId]);
  intruder.disconnect();
});

it('is no trouble before the connection stands, after its end, or without a Redis', async () => {
  const publisher = openCancelPublisher(testRedis());
  publisher.publish('nobody', newId());
  await publisher.close();
  publisher.publish('nobody', newId());
  silentCancelPublisher.publish('nobody', newId());
  await silentCancelPublisher.close();
});
