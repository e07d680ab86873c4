import type { RedisTarget } from '../redis';
import { cancelChannel, openRunChannelPublisher } from './run-channels';

/** Sends cancellations to runner sessions. Never throws and never waits: the flag in PostgreSQL is what counts. */
export interface CancelPublisher {
  publish(sessionId: string, runId: string): void;
  close: () => Promise<void>;
}

export function openCancelPublisher(target: RedisTarget): CancelPublisher {
  const channels = openRunChannelPublisher(target);
  return {
    publish: (sessionId, runId) => channels.publish(cancelChannel(target.namespace, sessionId), runId),
    close: channels.close,
  };
}

/** For an installation without Redis: sessions find the flag by themselves. */
export const silentCancelPublisher: CancelPublisher = {
  publish: () => undefined,
  close: () => Promise.resolve(),
};
