import type { RedisTarget } from '../redis';
import { openRunChannelSubscriber, runEndChannel } from './run-channels';

/**
 * How long a watcher goes without a look of its own, milliseconds: while messages arrive, because one may be lost and not every
 * end is published (a queued run that is cancelled, one that the reaper ends); and while they do not.
 */
const lookEveryMs = { withMessages: 1_000, withoutMessages: 200 };

/** Watches one run from its creation to its `close`. */
export interface RunEndWatch {
  /** Resolves when it is time to look at the run: it is said to have ended, `ms` are over, or nobody waits any more. */
  lookAgain(options: { ms: number; signal: AbortSignal }): Promise<void>;
  close(): void;
}

/** Which runs end, as far as somebody in this process waits for them. */
export interface RunEnds {
  watch(runId: string): RunEndWatch;
  close: () => Promise<void>;
}

/** @param target undefined without Redis: then every watcher looks by itself, more often */
export function openRunEnds(target: RedisTarget | undefined): RunEnds {
  const watches = new Map<string, Set<Watch>>();
  const subscriber =
    target &&
    openRunChannelSubscriber({
      ...target,
      channel: runEndChannel(target.namespace),
      onRun: (runId) => watches.get(runId)?.forEach((watch) => watch.ended()),
    });
  const patience = (): number =>
    subscriber?.ready() === true ? lookEveryMs.withMessages : lookEveryMs.withoutMessages;

  return {
    watch(runId) {
      const ofRun = watches.get(runId) ?? new Set();
      const watch = new Watch(patience, () => {
        ofRun.delete(watch);
        if (ofRun.size === 0) watches.delete(runId);
      });
      watches.set(runId, ofRun.add(watch));
      return watch;
    },
    close: async () => subscriber?.close(),
  };
}

class Watch implements RunEndWatch {
  private hasEnded = false;
  private wake: () => void = () => undefined;

  constructor(
    private readonly patience: () => number,
    readonly close: () => void,
  ) {}

  ended(): void {
    this.hasEnded = true;
    this.wake();
  }

  async lookAgain({ ms, signal }: { ms: number; signal: AbortSignal }): Promise<void> {
    // Said while its watcher was looking: the look may have been too early, so another one is due, once.
    if (this.hasEnded || signal.aborted) {
      this.hasEnded = false;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const giveUp = (): void => resolve(undefined);
    this.wake = giveUp;
    const timer = setTimeout(resolve, Math.min(ms, this.patience()), undefined);
    signal.addEventListener('abort', giveUp);
    await promise;
    signal.removeEventListener('abort', giveUp);
    clearTimeout(timer);
    this.hasEnded = false;
  }
}
