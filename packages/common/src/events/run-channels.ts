import { Redis } from 'ioredis';
import { openFailFastRedis, redisOptions, type RedisTarget } from '../redis';
import { parseRunMessage, runMessage } from './run-message';

/** Tells one runner session to stop a run. */
export const cancelChannel = (namespace: string, sessionId: string): string =>
  `${namespace}:cancel:${sessionId}`;

/** Tells whoever waits that a run has ended. */
export const runEndChannel = (namespace: string): string => `${namespace}:run-ends`;

/** Sends messages. Never throws and never waits: a message only spares its reader a look at PostgreSQL. */
export interface RunChannelPublisher {
  publish(channel: string, runId: string): void;
  close: () => Promise<void>;
}

export function openRunChannelPublisher(target: RedisTarget): RunChannelPublisher {
  const redis = openFailFastRedis(target);
  return {
    publish(channel, runId) {
      redis.publish(channel, runMessage(runId)).catch(() => undefined);
    },
    close: () => {
      redis.disconnect();
      return Promise.resolve();
    },
  };
}

export type RunChannelOptions = RedisTarget & {
  channel: string;
  onRun: (runId: string) => void;
  /** The subscription stands (again): messages may have been missed meanwhile. */
  onReady?: () => void;
};

/** Hears what is said on one channel, for as long as it is open. */
export interface RunChannelSubscriber {
  ready(): boolean;
  close: () => Promise<void>;
}

export function openRunChannelSubscriber(options: RunChannelOptions): RunChannelSubscriber {
  const redis = new Redis({
    ...redisOptions(options),
    maxRetriesPerRequest: null,
    autoResubscribe: false,
  });
  let subscribed = false;
  redis.on('error', () => undefined);
  redis.on('close', () => (subscribed = false));
  redis.on('ready', () => {
    redis.subscribe(options.channel).then(
      () => {
        subscribed = true;
        options.onReady?.();
      },
      // The connection broke before the answer: the next `ready` subscribes again.
      () => undefined,
    );
  });
  redis.on('message', (_channel: string, text: string) => {
    const message = parseRunMessage(text);
    if (message !== undefined) options.onRun(message.runId);
  });
  return {
    ready: () => subscribed,
    close: () => {
      redis.disconnect();
      return Promise.resolve();
    },
  };
}
