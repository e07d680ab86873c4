import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { readEnvironment } from '../config/environment';
import { REPOSITORY } from '../home/loupe-home';

/** A whole Loupe as `npm start` runs it, in a process group of its own, and what it has printed. */
export interface StartedLoupe {
  pid: number;
  printed: () => string;
  /** Resolves when the text has been printed; rejects with everything that was, if the process ends first. */
  prints: (text: string | RegExp) => Promise<void>;
  /** Exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals | null>;
  signal: (signal: NodeJS.Signals) => void;
}

export function startLoupe(settings: Record<string, string>, flags: readonly string[] = []): StartedLoupe {
  const child = spawn(process.execPath, [join(REPOSITORY, 'packages/devstack/dist/start.js'), ...flags], {
    cwd: REPOSITORY,
    env: { PATH: readEnvironment().PATH, ...settings },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collect(child);
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  return {
    pid: child.pid as number,
    printed: output.text,
    prints: (text) => Promise.race([output.has(text), ended.then((how) => refuse(text, how, output.text()))]),
    ended,
    // To the group, as a terminal does it.
    signal: (signal) => void process.kill(-(child.pid as number), signal),
  };
}

function refuse(text: string | RegExp, how: unknown, printed: string): never {
  if (matches(printed, text)) return undefined as never;
  throw new Error(`ended (${String(how)}) without printing ${String(text)}:\n${printed}`);
}

const matches = (printed: string, text: string | RegExp): boolean =>
  typeof text === 'string' ? printed.includes(text) : text.test(printed);

function collect(child: ChildProcess): { text: () => string; has: (text: string | RegExp) => Promise<void> } {
  let all = '';
  const look = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (piece: string) => {
      all += piece;
      for (const again of look) again();
    });
  }
  const has = (text: string | RegExp): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (!matches(all, text)) return;
        look.delete(check);
        resolve();
      };
      look.add(check);
      check();
    });
  return { text: () => all, has };
}
