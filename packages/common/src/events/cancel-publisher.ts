import { openFailFastRedis, type RedisTarget } from '../redis';
import { cancelChannel, type CancelMessage } from './cancel-channel';

/** Sends cancellations to runner sessions. Never throws and never waits: the flag in PostgreSQL is what counts. */
export interface CancelPublisher {
  publish(sessionId: string, runId: string): void;
  close: () => Promise<void>;
}

export function openCancelPublisher(target: RedisTarget): CancelPublisher {
  const redis = openFailFastRedis(target);
  return {
    publish(sessionId, runId) {
      const message: CancelMessage = { runId };
      redis
        .publish(cancelChannel(target.namespace, sessionId), JSON.stringify(message))
        .catch(() => undefined);
    },
    close: () => {
      redis.disconnect();
      return Promise.resolve();
    },
  };
}

/** For an installation without Redis: sessions find the flag by themselves. */
export const silentCancelPublisher: CancelPublisher = {
  publish: () => undefined,
  close: () => Promise.resolve(),
};
