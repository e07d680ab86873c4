import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';

/** The build, because that is what operators run. */
const main = resolve(__dirname, '../../dist/main.js');

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
  /** Each line of the output as an object, for `--json`. */
  rows: () => Record<string, unknown>[];
}

/** Runs the command line in a process of its own, with nothing but `env` in its environment. */
export async function runLoupe(words: readonly string[], env: Record<string, string>): Promise<Ended> {
  const child = spawn(process.execPath, [main, ...words], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await closed) as [number];
  return {
    ...{ code, stdout, stderr },
    rows: () =>
      stdout
        .trimEnd()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}
