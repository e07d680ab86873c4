import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHome, homeAt, loadSecrets } from '@loupe/devstack';
import { chooseQuietPorts } from '../../../../tests/quiet-ports';
import type { KillableRedis } from '../../../../tests/faults/killable-servers';
import { killableSentinelGroup } from '../../../../tests/faults/sentinel-group';
import { newId } from '../crypto';
import { openCancelPublisher, openCancelSubscriber } from '../events';
import { createReleaseStack } from '../lifecycle';
import { openHintConsumer, openHintProducer } from '../queues';
import { eventually } from '../testing';
import { openFailFastRedis, type RedisTarget } from './connection';
import { checkRedisPolicy } from './policy';

const stack = createReleaseStack();
let redis: KillableRedis;
beforeAll(async () => {
  const home = homeAt(realpathSync(mkdtempSync(join(tmpdir(), 'loupe-sentinels-'))));
  stack.defer('folder', () => rmSync(home.folder, { recursive: true, force: true }));
  createHome(home);
  const { port } = await chooseQuietPorts(['port']);
  redis = await killableSentinelGroup({ home, port, stack, secrets: loadSecrets(home.secrets, false) });
});
afterAll(() => stack.releaseAll(30_000));

/** Everything of ours that talks to Redis, and what came through. */
function openAll(target: RedisTarget) {
  const [hints, cancels]: [string[], string[]] = [[], []];
  const consumer = openHintConsumer({
    ...{ ...target, pools: ['interactive'] },
    onHint: async ({ runId }) => void hints.push(runId),
  });
  const subscriber = openCancelSubscriber({
    ...{ ...target, sessionId: 'mine' },
    ...{ onCancel: (runId) => cancels.push(runId), onReady: () => undefined },
  });
  const [producer, publisher] = [openHintProducer(target), openCancelPublisher(target)];
  for (const one of [consumer, subscriber, producer, publisher]) stack.defer('connection', one.close);
  return {
    /** Resolves when a hint and a cancellation that were sent from now on have come through. */
    async comeThrough(withinMs: number): Promise<void> {
      const [hint, cancel] = [newId(), newId()];
      const isHeard = async (): Promise<boolean> => {
        await producer.push([{ runId: hint, epoch: 1, pool: 'interactive' }]);
        publisher.publish('mine', cancel);
        return hints.includes(hint) && cancels.includes(cancel);
      };
      await eventually('a hint and a cancellation come through', isHeard, withinMs);
    },
    isAway: () => producer.status() === 'away' && consumer.status() === 'away' && !subscriber.ready(),
  };
}

it('producers, consumers and both ends of pub/sub follow the master that Sentinels have chosen', async () => {
  const target = { ...redis.address, namespace: 'loupe' };
  expect(await checkRedisPolicy(target)).toBe('ok');
  const { comeThrough, isAway } = openAll(target);
  await comeThrough(5_000);
  await redis.kill();
  await eventually('its end is noticed', isAway);
  await comeThrough(20_000);

  const probe = openFailFastRedis(target);
  stack.defer('probe', () => probe.disconnect());
  await eventually('there is a master', () => probe.status === 'ready');
  expect(await probe.info('replication')).toMatch('role:master');
});
