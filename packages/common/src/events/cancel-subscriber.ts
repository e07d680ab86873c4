import { Redis } from 'ioredis';
import { redisOptions, type RedisTarget } from '../redis';
import { cancelChannel, parseCancelMessage } from './cancel-channel';

export type CancelSubscriberOptions = RedisTarget & {
  sessionId: string;
  onCancel: (runId: string) => void;
  /** The subscription stands (again): messages may have been missed meanwhile. */
  onReady: () => void;
};

/** Hears the cancellations meant for one runner session. */
export interface CancelSubscriber {
  ready(): boolean;
  close: () => Promise<void>;
}

export function openCancelSubscriber(options: CancelSubscriberOptions): CancelSubscriber {
  const channel = cancelChannel(options.namespace, options.sessionId);
  const redis = new Redis({
    ...redisOptions(options),
    maxRetriesPerRequest: null,
    autoResubscribe: false,
  });
  let subscribed = false;
  redis.on('error', () => undefined);
  redis.on('close', () => (subscribed = false));
  redis.on('ready', () => {
    redis.subscribe(channel).then(
      () => {
        subscribed = true;
        options.onReady();
      },
      // The connection broke before the answer: the next `ready` subscribes again.
      () => undefined,
    );
  });
  redis.on('message', (_channel: string, text: string) => {
    const message = parseCancelMessage(text);
    if (message !== undefined) options.onCancel(message.runId);
  });
  return {
    ready: () => subscribed,
    close: () => {
      redis.disconnect();
      return Promise.resolve();
    },
  };
}
