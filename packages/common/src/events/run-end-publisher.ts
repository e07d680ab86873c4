import type { RedisTarget } from '../redis';
import { openRunChannelPublisher, runEndChannel } from './run-channels';

/** Says that runs have ended. Never throws and never waits: whoever waits for one also looks by itself. */
export interface RunEndPublisher {
  publish(runId: string): void;
  close: () => Promise<void>;
}

export function openRunEndPublisher(target: RedisTarget): RunEndPublisher {
  const channels = openRunChannelPublisher(target);
  const channel = runEndChannel(target.namespace);
  return { publish: (runId) => channels.publish(channel, runId), close: channels.close };
}

/** For an installation without Redis. */
export const silentRunEndPublisher: RunEndPublisher = {
  publish: () => undefined,
  close: () => Promise.resolve(),
};
