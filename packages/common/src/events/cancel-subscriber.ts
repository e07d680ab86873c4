import type { RedisTarget } from '../redis';
import { cancelChannel, openRunChannelSubscriber, type RunChannelSubscriber } from './run-channels';

export type CancelSubscriberOptions = RedisTarget & {
  sessionId: string;
  onCancel: (runId: string) => void;
  /** The subscription stands (again): messages may have been missed meanwhile. */
  onReady: () => void;
};

/** Hears the cancellations meant for one runner session. A message that is lost costs up to a second: sessions read their flags too. */
export type CancelSubscriber = RunChannelSubscriber;

export const openCancelSubscriber = (options: CancelSubscriberOptions): CancelSubscriber =>
  openRunChannelSubscriber({
    ...options,
    channel: cancelChannel(options.namespace, options.sessionId),
    onRun: options.onCancel,
  });
