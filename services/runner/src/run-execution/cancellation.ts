import { type CancelSubscriber, openCancelSubscriber } from '@loupe/common/events';
import type { RedisTarget } from '@loupe/common/redis';
import type { ClaimRepository } from '@loupe/common/repositories/engine';
import type { ExecutingRuns } from './executing-runs';

/** How often flags are read while messages arrive, and while they do not. */
const readEveryMs = { withMessages: 1_000, withoutMessages: 200 };

export interface CancellationOptions {
  executing: ExecutingRuns;
  claims: ClaimRepository;
  /** Absent without Redis: flags are read more often instead. */
  redis: RedisTarget | undefined;
  sessionId: () => string | undefined;
}

/**
 * Brings cancellations to what this process executes: by message at once, and by reading the flags in the database, which
 * are the truth, in case a message was lost.
 */
export interface Cancellation {
  /** Listens for a new session, and no more for the one before. */
  follow(sessionId: string): Promise<void>;
  /** Reads the flags if it is time to. Called by a loop that runs more often than that. */
  readFlags: () => Promise<void>;
  close(): Promise<void>;
}

export function createCancellation(options: CancellationOptions): Cancellation {
  const { executing, claims, redis } = options;
  let subscriber: CancelSubscriber | undefined;
  let lastReadAt = -Infinity;

  async function readFlags(): Promise<void> {
    const sessionId = options.sessionId();
    const { withMessages, withoutMessages } = readEveryMs;
    const every = subscriber?.ready() === true ? withMessages : withoutMessages;
    if (sessionId === undefined || executing.size() === 0 || performance.now() - lastReadAt < every) return;
    lastReadAt = performance.now();
    for (const runId of await claims.cancelled(sessionId)) executing.cancel(runId);
  }

  return {
    readFlags,
    async follow(sessionId) {
      await subscriber?.close();
      if (redis === undefined) return;
      subscriber = openCancelSubscriber({
        ...redis,
        sessionId,
        onCancel: (runId) => {
          executing.cancel(runId);
        },
        // What was published while nobody listened shows in the flags: the next look is due at once.
        onReady: () => (lastReadAt = -Infinity),
      });
    },
    close: async () => subscriber?.close(),
  };
}
