export interface Progress {
  /** Runs a step and prints one line when it is done: what it came to, and how long it took. */
  step<T>(label: string, work: () => Promise<T>, outcome?: (result: T) => string): Promise<T>;
  /** A line of its own. */
  say: (line: string) => void;
}

/** The same, silent from the abort on: whoever asked to stop does not want to read about steps that fail for it. */
export function untilAborted(progress: Progress, signal: AbortSignal): Progress {
  return createProgress((text) => {
    if (!signal.aborted) progress.say(text.replace(/\n$/, ''));
  });
}

/** Steps may run at the same time: a line appears when its step ends, so lines never mix. */
export function createProgress(write: (text: string) => void, now: () => number = Date.now): Progress {
  const say = (line: string): void => write(`${line}\n`);
  return {
    say,
    async step(label, work, outcome) {
      const began = now();
      const result = await work();
      const seconds = `${((now() - began) / 1000).toFixed(1)} s`;
      say(`  ✓ ${seconds.padStart(7)}  ${label}${outcome === undefined ? '' : `: ${outcome(result)}`}`);
      return result;
    },
  };
}
