import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

/** The build, because that is what processes run. */
const built = resolve(__dirname, '../../dist/lifecycle');

/** A process with a life of its own: `body` is the start function's, and sees `context`. */
function startProcess(body: string): ChildProcess {
  const code = `
    const { runService } = require(${JSON.stringify(built)});
    const say = (message, fields) => console.log(message, fields ? Object.values(fields).map(String).join() : '');
    void runService('probe', async (context) => {
      context.configure({ logger: { info: say, warn: say, error: say }, graceSeconds: 20 });
      const open = setInterval(() => {}, 1000);
      context.stack.defer('interval', () => clearInterval(open));
      ${body}
      console.log('serving');
    });`;
  // A group of its own, like the one a terminal signals.
  return spawn(process.execPath, ['-e', code], { detached: true });
}

async function untilServing(child: ChildProcess): Promise<string[]> {
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout! });
  const serving = new Promise<void>((resolve) => {
    reader.on('line', (line) => {
      lines.push(line.trim());
      if (line === 'serving') resolve();
    });
  });
  await serving;
  return lines;
}

async function ended(child: ChildProcess): Promise<number | null> {
  await once(child, 'close');
  return child.exitCode;
}

describe('a service’s process', () => {
  it('ends in order when the whole group gets Ctrl-C and a supervisor adds SIGTERM', async () => {
    const child = startProcess(`context.stack.defer('worker', () => console.log('worker closed'));`);
    const lines = await untilServing(child);
    const over = ended(child);
    process.kill(-child.pid!, 'SIGINT');
    child.kill('SIGTERM');
    expect(await over).toBe(0);
    expect(lines).toEqual(['serving', expect.stringMatching(/^Stopping SIG/), 'worker closed', 'Stopped']);
  });

  it('closes and ends with 1 after a rejection that nobody handles', async () => {
    const child = startProcess(`
      context.stack.defer('worker', () => console.log('worker closed'));
      setImmediate(() => Promise.reject(new Error('a bug')));`);
    const over = ended(child);
    const lines = await untilServing(child);
    expect(await over).toBe(1);
    expect(lines).toEqual(['serving', 'Unhandled rejection Error: a bug', 'worker closed', 'Stopped']);
  });

  it('prints one line and no stack when it cannot start', async () => {
    const child = startProcess(`await new Promise((_, refuse) => refuse(new Error('no database')));`);
    let printed = '';
    child.stderr?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    expect(await ended(child)).toBe(1);
    expect(printed).toBe('probe: no database\n');
  });
});
