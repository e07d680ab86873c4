import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { newId } from '../crypto';
import { openCancelPublisher, openCancelSubscriber } from '../events';
import { openHintConsumer, openHintProducer } from '../queues';
import { eventually, testRedis } from '../testing';

// What docs/operations.md tells an administrator to allow is enough, and no more than the keys of one installation.

const { url, namespace } = testRedis();
const user = `loupe_${randomBytes(4).toString('hex')}`;
const password = randomBytes(16).toString('hex');
const rights = [
  ...[`~{${namespace}}:*`, `&${namespace}:*`, '-@all', '+@read', '+@write', '+@connection', '+@transaction'],
  ...['+eval', '+evalsha', '+script|load', '+publish', '+subscribe', '+unsubscribe', '-@dangerous', '+info'],
  ...['+client|list', '+client|setname', '+client|id', '-keys', '-flushall', '-flushdb', '-swapdb'],
];
const target = { url: limitedUrl(), namespace };

function limitedUrl(): string {
  const limited = new URL(url);
  limited.username = user;
  limited.password = password;
  return limited.href;
}

const admin = new Redis(url);
const opened: { close: () => Promise<void> }[] = [];
beforeAll(async () => {
  await admin.call('ACL', 'SETUSER', user, 'on', `>${password}`, ...rights);
});
afterAll(async () => {
  await Promise.all(opened.map(({ close }) => close()));
  await admin.call('ACL', 'DELUSER', user);
  admin.disconnect();
});

const refusals = async (): Promise<string[]> => {
  const log = (await admin.call('ACL', 'LOG')) as string[][];
  return log.map((entry) => entry.join(' ')).filter((text) => text.includes(user));
};

it('carries hints and cancellations without a right that is missing', async () => {
  const heard: string[] = [];
  const producer = openHintProducer(target);
  const consumer = openHintConsumer({
    ...target,
    pools: ['interactive'],
    onHint: async ({ runId }) => void heard.push(runId),
  });
  const publisher = openCancelPublisher(target);
  const subscriber = openCancelSubscriber({
    ...{ ...target, sessionId: 'one' },
    onCancel: (runId) => heard.push(runId),
    onReady: () => undefined,
  });
  opened.push(producer, consumer, publisher, subscriber);
  await eventually(
    'all are connected',
    () => producer.status() === 'ready' && consumer.status() === 'ready' && subscriber.ready(),
  );
  const [hinted, cancelled] = [newId(), newId()];
  expect(await producer.push([{ runId: hinted, epoch: 1, pool: 'interactive' }])).toBe(1);
  await eventually('both are heard', () => {
    publisher.publish('one', cancelled);
    return heard.includes(hinted) && heard.includes(cancelled);
  });
  expect(await refusals()).toEqual([]);
});

it('opens nothing of another installation, and nothing of the server', async () => {
  const limited = new Redis(target.url);
  try {
    await expect(limited.get('{another}:key')).rejects.toThrow('NOPERM');
    await expect(limited.publish('another:cancel', '')).rejects.toThrow('NOPERM');
    await expect(limited.flushall()).rejects.toThrow('NOPERM');
    await expect(limited.config('GET', '*')).rejects.toThrow('NOPERM');
    await expect(limited.keys('*')).rejects.toThrow('NOPERM');
  } finally {
    limited.disconnect();
  }
});
