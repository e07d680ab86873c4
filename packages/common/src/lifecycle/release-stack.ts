import { errorText } from '../errors';

/** Closes one thing. Called once. */
export type Release = () => unknown;

export interface ReleaseReport {
  /** Name and text of each release that threw. */
  failed: { name: string; reason: string }[];
  /** What the deadline did not leave time for, the one that hung first. Empty when all is closed. */
  unreleased: string[];
}

/**
 * What a process has open. Whoever opens something registers its close on the next line; closing goes backwards,
 * because what was opened later may use what was opened before.
 */
export interface ReleaseStack {
  /** Works while and after things are released, too: then `release` is called soon, or at once. */
  defer: (name: string, release: Release) => void;
  /** Goes on after an error, and returns by the deadline in any case. Calling it again returns the same report. */
  releaseAll: (deadlineMs: number) => Promise<ReleaseReport>;
}

interface Entry {
  name: string;
  release: Release;
}

/** Resolves to false after `ms`; `clear` it, or the process stays alive for it. */
function timeout(ms: number): { elapsed: Promise<false>; clear: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const elapsed = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, ms), false);
  });
  return { elapsed, clear: () => clearTimeout(timer) };
}

export function createReleaseStack(): ReleaseStack {
  const entries: Entry[] = [];
  const report: ReleaseReport = { failed: [], unreleased: [] };
  let running: Promise<ReleaseReport> | undefined;
  let isOver = false;

  async function releaseOne({ name, release }: Entry): Promise<true> {
    try {
      await release();
    } catch (error) {
      report.failed.push({ name, reason: errorText(error) });
    }
    return true;
  }

  function giveUpOn(hanging: Entry): void {
    const others = entries.splice(0).reverse();
    report.unreleased.push(...[hanging, ...others].map(({ name }) => name));
  }

  async function run(deadlineMs: number): Promise<ReleaseReport> {
    const { elapsed, clear } = timeout(deadlineMs);
    for (let entry = entries.pop(); entry; entry = entries.pop()) {
      const inTime = await Promise.race([releaseOne(entry), elapsed]);
      if (!inTime) giveUpOn(entry);
    }
    isOver = true;
    clear();
    return report;
  }

  return {
    defer: (name, release) => {
      if (isOver) void releaseOne({ name, release });
      else entries.push({ name, release });
    },
    releaseAll: (deadlineMs) => (running ??= run(deadlineMs)),
  };
}
