import type { RunningProcess } from '../process/running-process';

export interface KeepRunning<P extends RunningProcess> {
  /** Starts the process, the first time and after each end that nobody asked for. */
  start: () => Promise<P>;
  /** A sentence for the screen. */
  say: (line: string) => void;
  /** Milliseconds before the n-th restart in a row (from 1). */
  backoff?: (attempt: number) => number;
  /** Milliseconds of steady running after which the count begins anew. */
  steadyAfter?: number;
}

export interface Supervised<P extends RunningProcess> {
  /** The process as it runs now, or as it ran last. */
  current: () => P;
  /** How often it ended without being asked. */
  crashes: () => number;
  stop: () => Promise<void>;
  stopNow: () => Promise<void>;
}

const STEADY_AFTER_MS = 30_000;

/** 0.25 s, doubling up to 15 s: quick for an accident, gentle for a process that cannot live. */
const standardBackoff = (attempt: number): number => Math.min(15_000, 250 * 2 ** (attempt - 1));

/** Starts a process and starts it again whenever it ends unasked. Rejects only if the very first start fails. */
export async function keepRunning<P extends RunningProcess>(options: KeepRunning<P>): Promise<Supervised<P>> {
  const { start, say, backoff = standardBackoff, steadyAfter = STEADY_AFTER_MS } = options;
  const stopping = new AbortController();
  let current = await start();
  let crashes = 0;

  async function watch(): Promise<void> {
    let attempt = 0;
    let startedAt = Date.now();
    for (;;) {
      const how = await current.exited;
      if (stopping.signal.aborted) return;
      crashes += 1;
      attempt = Date.now() - startedAt > steadyAfter ? 1 : attempt + 1;
      const pause = backoff(attempt);
      say(`${current.name} ended by itself (${how}); starting it again in ${pause / 1000} s.`);
      await wait(pause, stopping.signal);
      if (stopping.signal.aborted) return;
      startedAt = Date.now();
      const next = await startOrUndefined(start);
      // A start that failed counts as one more crash of the process as it was.
      if (next === undefined) continue;
      current = next;
      if (stopping.signal.aborted) return;
      say(`${next.name} runs again (process ${next.pid}).`);
    }
  }

  const watching = watch();
  const end = (how: 'stop' | 'stopNow') => async (): Promise<void> => {
    stopping.abort();
    await current[how]();
    await watching;
    // A restart that was under way when the stop came has put a new process in place.
    await current[how]();
  };
  return { current: () => current, crashes: () => crashes, stop: end('stop'), stopNow: end('stopNow') };
}

async function startOrUndefined<P>(start: () => Promise<P>): Promise<P | undefined> {
  try {
    return await start();
  } catch {
    return undefined;
  }
}

function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    const stop = (): void => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener('abort', stop, { once: true });
  });
}
