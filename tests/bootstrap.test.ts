import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

// The real scripts in a checkout of their own, with an `npx` and a `tsc` that can be told how to fail: the network,
// the disk and the registry are not ours to break.

interface Ending {
  code: number | null;
  output: string;
}

let checkout: string;
let calls: string;
let children: ChildProcess[];

beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'loupe-bootstrap-'));
  calls = join(checkout, 'npx-calls');
  cpSync(resolve(__dirname, '../scripts'), join(checkout, 'scripts'), { recursive: true });
  for (const folder of ['packages/common', 'services/api', 'path', 'home'])
    mkdirSync(join(checkout, folder), { recursive: true });
  writeFileSync(join(checkout, 'package.json'), '{ "packageManager": "pnpm@12.21.0" }');
  writeFileSync(join(checkout, 'packages/common/package.json'), '{}');
  children = [];
  npx('exit 0');
});

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(checkout, { recursive: true, force: true });
});

function program(file: string, script: string): void {
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

/** Notes each call with its home folder, leaves what an install leaves, then does `ending`. */
function npx(ending: string): void {
  const bin = 'node_modules/.bin';
  program(
    join(checkout, 'path/npx'),
    [
      `echo "$HOME $*" >> ${calls}`,
      `mkdir -p ${bin} packages/common/node_modules services/api/node_modules`,
      `printf '#!/bin/sh\\nexit 0\\n' > ${bin}/tsc && chmod +x ${bin}/tsc`,
      ending,
    ].join('\n'),
  );
}

const npxCalls = (): string[] => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : []);

function start(env: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn(process.execPath, [join(checkout, 'scripts/bootstrap.mjs')], {
    env: { PATH: `${join(checkout, 'path')}:/usr/bin:/bin`, HOME: join(checkout, 'home'), ...env },
  });
  children.push(child);
  return child;
}

function ending(child: ChildProcess): Promise<Ending> {
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((done) => child.once('close', (code) => done({ code, output })));
}

function printed(child: ChildProcess, words: string): Promise<void> {
  return new Promise((told) =>
    child.stdout?.on('data', (text: Buffer) => {
      if (text.includes(words)) told();
    }),
  );
}

const bootstrap = (env?: NodeJS.ProcessEnv): Promise<Ending> => ending(start(env));
const lockFile = (): string => join(checkout, 'node_modules/.loupe/bootstrap.lock');

function leaveLock(pid: number): void {
  mkdirSync(join(checkout, 'node_modules/.loupe'), { recursive: true });
  writeFileSync(lockFile(), JSON.stringify({ pid, host: hostname() }));
}

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['--version']);
  await new Promise((done) => child.once('close', done));
  return child.pid!;
}

describe('installing', () => {
  it('installs once, with the pinned pnpm and the lockfile as it is', async () => {
    const first = await bootstrap();
    const second = await bootstrap();
    expect([first.code, second.code]).toEqual([0, 0]);
    expect(npxCalls()).toEqual([
      expect.stringMatching(/--yes --prefer-offline pnpm@12\.21\.0 install --frozen-lockfile/),
    ]);
    expect(first.output).toMatch(/packages: installed \(\d+\.\d s\)\nloupe: build: .+ \(\d+\.\d s\)\n$/);
    expect(second.output).toMatch(/packages: up to date/);
  });

  it('installs again when a package, the lockfile or an installed folder has changed', async () => {
    await bootstrap();
    writeFileSync(join(checkout, 'packages/common/package.json'), '{ "version": "2.0.0" }');
    await bootstrap();
    writeFileSync(join(checkout, 'pnpm-lock.yaml'), 'lockfileVersion: 9');
    await bootstrap();
    rmSync(join(checkout, 'services/api/node_modules'), { recursive: true });
    await bootstrap();
    expect(npxCalls()).toHaveLength(4);
  });

  it('asks the network when the offline copies are not enough', async () => {
    npx('case "$*" in *--prefer-offline*) exit 1;; esac');
    expect((await bootstrap()).code).toBe(0);
    expect(npxCalls()).toHaveLength(2);
  });

  it.each([{ HOME: undefined }, { HOME: '' }, { HOME: '/proc/nowhere' }])(
    'finds a place for caches where there is no home: %p',
    async (env) => {
      expect((await bootstrap(env)).code).toBe(0);
      expect(npxCalls()[0]).toMatch(new RegExp(`^${join(checkout, 'node_modules/.loupe/home')} `));
    },
  );
});

describe('trouble', () => {
  it.each([
    ['npm error code ENOTFOUND', /registry cannot be reached/],
    ['npm error code ENOSPC', /disk is full/],
    ["EACCES: permission denied, mkdir '/x'", /No permission to write/],
    ['ERR_PNPM_OUTDATED_LOCKFILE  Cannot install', /does not match the package\.json/],
    ['ERR_PNPM_SOMETHING  New and unheard of', /ERR_PNPM_SOMETHING {2}New and unheard of/],
  ])('says in one sentence what is in the way: %s', async (text, sentence) => {
    npx(`echo "${text}" >&2; exit 1`);
    const { code, output } = await bootstrap();
    expect(code).toBe(1);
    expect(output).toMatch(sentence);
    expect(output).not.toMatch(/\n\s+at /);
    expect(existsSync(lockFile())).toBe(false);
    npx('exit 0');
    expect((await bootstrap()).code).toBe(0);
  });

  it('shows what does not compile', async () => {
    await bootstrap();
    program(join(checkout, 'node_modules/.bin/tsc'), 'echo "a.ts(1,1): error TS1005"; exit 2');
    const { code, output } = await bootstrap();
    expect(code).toBe(1);
    expect(output).toMatch(/a\.ts\(1,1\): error TS1005\nloupe: The sources do not compile/);
  });
});

describe('two at once', () => {
  it('lets the second wait for the first, and then install nothing', async () => {
    const go = join(checkout, 'go');
    // It also ends with the checkout, should the test end first.
    npx(`while [ ! -e ${go} ] && [ -e ${checkout} ]; do sleep 0.05; done`);
    const first = start();
    const firstEnding = ending(first);
    await printed(first, 'installing');
    const second = start();
    const secondEnding = ending(second);
    await printed(second, 'waiting for it');
    writeFileSync(go, '');
    expect([(await firstEnding).code, (await secondEnding).code]).toEqual([0, 0]);
    expect(npxCalls()).toHaveLength(1);
  });

  it('takes the lock of a process that is gone, however many want it', async () => {
    leaveLock(await deadPid());
    const endings = await Promise.all([bootstrap(), bootstrap(), bootstrap()]);
    expect(endings.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(npxCalls()).toHaveLength(1);
  });

  it('takes a lock whose holder has been silent for long, though its number is in use again', async () => {
    leaveLock(process.pid);
    const longAgo = new Date(Date.now() - 120_000);
    utimesSync(lockFile(), longAgo, longAgo);
    expect((await bootstrap()).code).toBe(0);
  });

  it('leaves no lock behind when it is stopped', async () => {
    npx('exec sleep 60');
    const child = start();
    const end = ending(child);
    await printed(child, 'installing');
    child.kill('SIGTERM');
    expect((await end).code).toBe(143);
    expect(existsSync(lockFile())).toBe(false);
  });
});
