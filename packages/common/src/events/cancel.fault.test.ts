import { type OwnRedis, ownRedis } from '../../../../tests/own-redis';
import { newId } from '../crypto';
import { eventually } from '../testing';
import { openCancelPublisher } from './cancel-publisher';
import { openCancelSubscriber } from './cancel-subscriber';

let redis: OwnRedis;
const opened: { close: () => Promise<void> }[] = [];
beforeEach(async () => {
  redis = await ownRedis();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ close }) => close()));
  await redis.close();
});

function subscribe() {
  const heard: string[] = [];
  let readies = 0;
  const subscriber = openCancelSubscriber({
    ...{ url: redis.url, namespace: 'loupe', sessionId: 'mine' },
    onCancel: (runId) => heard.push(runId),
    onReady: () => (readies += 1),
  });
  opened.push(subscriber);
  return { subscriber, heard, readies: () => readies };
}

it('a subscription stands again after Redis was away, and says that something may have been missed', async () => {
  const { subscriber, heard, readies } = subscribe();
  const publisher = openCancelPublisher({ url: redis.url, namespace: 'loupe' });
  opened.push(publisher);
  publisher.publish('mine', newId());
  await redis.start();
  await eventually('the first subscription', () => subscriber.ready(), 3_000);
  await redis.kill();
  await eventually('its end is noticed', () => !subscriber.ready());
  publisher.publish('mine', newId());
  await redis.start();
  await eventually('the second subscription', () => subscriber.ready(), 3_000);
  expect(readies()).toBe(2);
  const runId = newId();
  await eventually('messages are heard again', () => {
    publisher.publish('mine', runId);
    return heard.includes(runId);
  });
});

it('a frozen Redis holds up neither a publisher nor its end', async () => {
  await redis.start();
  const { subscriber } = subscribe();
  const publisher = openCancelPublisher({ url: redis.url, namespace: 'loupe' });
  await eventually('it is subscribed', () => subscriber.ready());
  redis.freeze();
  const began = performance.now();
  for (let i = 0; i < 100; i += 1) publisher.publish('mine', newId());
  await Promise.all([publisher.close(), subscriber.close()]);
  expect(performance.now() - began).toBeLessThan(500);
  redis.thaw();
});
