import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { processIdentity } from '../process/process-identity';
import { launch, type RunningProcess } from '../process/running-process';
import { temporaryHome } from '../testing/temporary-home';
import { keepRunning } from './keep-running';

const home = temporaryHome();
afterAll(() => home.remove());

function program(script: string, patience = 5000): () => Promise<RunningProcess> {
  return () =>
    launch({
      name: 'child',
      command: process.execPath,
      args: ['-e', script],
      env: {},
      cwd: home.folder,
      logFile: join(home.logs, 'child.log'),
      stopSignal: 'SIGTERM',
      forceSignal: 'SIGKILL',
      patience,
    });
}

/** Collects what was said, and lets a test wait for the n-th line. */
function listener(): {
  say: (line: string) => void;
  lines: string[];
  heard: (count: number) => Promise<void>;
} {
  const lines: string[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  return {
    lines,
    say(line) {
      lines.push(line);
      for (const { count, resolve } of waiting) if (lines.length >= count) resolve();
    },
    heard: (count) =>
      new Promise((resolve) => {
        if (lines.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
  };
}

const FOREVER = 'setInterval(() => {}, 1000)';

it('starts a killed process again and says so', async () => {
  const { say, lines, heard } = listener();
  const supervised = await keepRunning({ start: program(FOREVER), say, backoff: () => 10 });
  const first = supervised.current().pid;
  process.kill(first, 'SIGKILL');
  await heard(2);
  expect(lines[0]).toBe('child ended by itself (signal SIGKILL); starting it again in 0.01 s.');
  expect(supervised.current().pid).not.toBe(first);
  expect(supervised.crashes()).toBe(1);
  const second = supervised.current().pid;
  await supervised.stop();
  expect(processIdentity(second)).toBeUndefined();
});

it('waits longer from one crash to the next', async () => {
  const { say, lines, heard } = listener();
  const asked: number[] = [];
  const backoff = (attempt: number): number => {
    asked.push(attempt);
    return 1;
  };
  const supervised = await keepRunning({ start: program('process.exit(3)'), say, backoff });
  await heard(5);
  await supervised.stop();
  expect(lines[0]).toContain('exit code 3');
  expect(asked.slice(0, 3)).toEqual([1, 2, 3]);
});

it('ends a pause at once when it is told to stop', async () => {
  const { say, heard } = listener();
  const supervised = await keepRunning({ start: program('process.exit(1)'), say, backoff: () => 3_600_000 });
  await heard(1);
  await supervised.stop();
  expect(supervised.crashes()).toBe(1);
});

it('lets a process finish what it does before it leaves', async () => {
  const mark = join(home.folder, 'finished');
  rmSync(mark, { force: true });
  const ready = join(home.folder, 'ready');
  const script = `process.on('SIGTERM', () => setTimeout(() => { fs.writeFileSync(${JSON.stringify(mark)}, 'yes'); process.exit(0); }, 50));
    fs.writeFileSync(${JSON.stringify(ready)}, ''); ${FOREVER}`;
  const supervised = await keepRunning({ start: program(script), say: () => undefined });
  while (!existsSync(ready)) await new Promise(setImmediate);
  await supervised.stop();
  expect(readFileSync(mark, 'utf8')).toBe('yes');
});

it('kills a process that does not leave in time', async () => {
  const ready = join(home.folder, 'deaf');
  const script = `process.on('SIGTERM', () => {}); fs.writeFileSync(${JSON.stringify(ready)}, ''); ${FOREVER}`;
  const supervised = await keepRunning({ start: program(script, 100), say: () => undefined });
  while (!existsSync(ready)) await new Promise(setImmediate);
  const { pid } = supervised.current();
  await supervised.stop();
  expect(processIdentity(pid)).toBeUndefined();
});
