/** Runs when a round threw; must not throw itself. */
type OnError = (error: unknown) => void;

export interface RepeatOptions {
  /** From the start of one round to the start of the next; a round that takes longer is followed at once. */
  everyMs: number;
  /** Ends the loop after the running round; the task gets a signal that follows it. */
  signal?: AbortSignal;
  onError: OnError;
  /** 0–1: each pause is shortened by a random part of up to this share, so that replicas do not march in step. */
  jitter?: number;
}

export interface Repetition {
  /** Starts the next round now, or right after the running one. */
  trigger: () => void;
  /** Tells the loop to end, and resolves when the running round has. */
  stop: () => Promise<void>;
  /** Resolves when the loop has ended, for whatever reason. Never rejects. */
  done: Promise<void>;
}

interface Pause {
  /** Resolves after `ms`, when `wake` is called, or at once if it was called since the last pause. */
  wait: (ms: number) => Promise<void>;
  wake: () => void;
}

function createPause(): Pause {
  let isWoken = false;
  let end: (() => void) | undefined;
  return {
    wait: async (ms) => {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, isWoken ? 0 : ms);
        end = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      isWoken = false;
      end = undefined;
    },
    wake: () => {
      isWoken = true;
      end?.();
    },
  };
}

async function round(
  task: (signal: AbortSignal) => unknown,
  signal: AbortSignal,
  onError: OnError,
): Promise<void> {
  try {
    await task(signal);
  } catch (error) {
    try {
      onError(error);
    } catch {
      // A reporter that fails has nobody left to report to; the loop is worth more than the report.
    }
  }
}

/**
 * Calls `task` again and again: the first time at once, never twice at a time, whatever it throws, until stopped.
 * Heartbeats, polls and the scheduler's tasks all are this.
 */
export function repeat(task: (signal: AbortSignal) => unknown, options: RepeatOptions): Repetition {
  const { everyMs, onError, jitter = 0 } = options;
  const stopping = new AbortController();
  const pause = createPause();
  const end = (): void => {
    stopping.abort(options.signal?.reason);
    pause.wake();
  };
  if (options.signal?.aborted) end();
  options.signal?.addEventListener('abort', end, { once: true });

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      const startedAt = performance.now();
      await round(task, stopping.signal, onError);
      if (stopping.signal.aborted) break;
      const pauseMs = everyMs * (1 - jitter * Math.random()) - (performance.now() - startedAt);
      await pause.wait(Math.max(0, pauseMs));
    }
    options.signal?.removeEventListener('abort', end);
  }

  const done = loop();
  return {
    trigger: pause.wake,
    stop: () => {
      end();
      return done;
    },
    done,
  };
}
