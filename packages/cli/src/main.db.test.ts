import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { openTestDatabase, type TestDatabase } from '@loupe/common/testing';

// The command as an operator runs it: the build, in a process of its own.

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await openTestDatabase();
  folder = mkdtempSync(join(tmpdir(), 'loupe-cli-'));
});
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

function loupe(words: readonly string[], settings: Record<string, string> = {}): Promise<Outcome> {
  const command = resolve(__dirname, '../dist/main.js');
  // Elsewhere than in the checkout: nothing may depend on where it is called.
  return new Promise((done) => {
    execFile(
      process.execPath,
      [command, ...words],
      { cwd: folder, env: settings },
      (error, stdout, stderr) => {
        done({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      },
    );
  });
}

const settings = () => ({
  DATABASE_URL: database.url,
  MIGRATION_DATABASE_URL: database.ownerUrl,
  DB_SSL_MODE: 'disable',
});

const tables = async (): Promise<string[]> =>
  (
    await database.asOwner<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables
       WHERE table_schema = 'public' AND table_name IN ('users', 'runs') ORDER BY name`,
    )
  ).map(({ name }) => name);

describe('loupe migrate', () => {
  it('says that nothing is missing', async () => {
    expect(await loupe(['migrate'], settings())).toEqual({
      code: 0,
      stdout: expect.stringMatching(/The database is up to date\n$/),
      stderr: '',
    });
  });

  it('takes the newest migrations back, and applies them again', async () => {
    const { stdout } = await loupe(['migrate', 'down', '9999'], settings());
    expect(stdout).toMatch(/Took back \d+ migration\(s\)\n$/);
    expect(await tables()).toEqual([]);
    expect(await loupe(['migrate', 'up'], settings())).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/Applied \d+ migration\(s\)\n$/),
    });
    expect(await tables()).toEqual(['runs', 'users']);
    expect((await loupe(['migrate', 'down'], settings())).stdout).toMatch(/Took back 1 migration\(s\)\n$/);
    expect(await loupe(['migrate'], settings())).toMatchObject({ code: 0 });
  });

  it('is safe to run at once from many places', async () => {
    await loupe(['migrate', 'down', '9999'], settings());
    const outcomes = await Promise.all([1, 2, 3].map(() => loupe(['migrate'], settings())));
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(outcomes.filter(({ stdout }) => stdout.includes('Applied'))).toHaveLength(1);
    expect(await tables()).toEqual(['runs', 'users']);
  });

  it('warns when services could change the schema', async () => {
    const { DATABASE_URL, DB_SSL_MODE } = { ...settings(), DATABASE_URL: database.ownerUrl };
    const { stdout } = await loupe(['migrate'], { DATABASE_URL, DB_SSL_MODE });
    expect(stdout).toMatch(/^Warning: migrations and services share one login/);
  });

  it.each(['sideways', 'up 3', 'down 0', 'down all', 'down 1 more'])(
    'does not guess at %s',
    async (words) => {
      const outcome = await loupe(['migrate', ...words.split(' ')], settings());
      expect(outcome).toMatchObject({ code: 1, stdout: '' });
      expect(outcome.stderr).toMatch(/^loupe: migrate does not know these words\n\nloupe migrate \[up\]/);
      expect(await tables()).toEqual(['runs', 'users']);
    },
  );
});

describe('loupe', () => {
  it('shows what it can do when told nothing', async () => {
    const outcome = await loupe([]);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(/^loupe: the operators' command line\n[^]*loupe migrate \[up\]/);
  });

  it('ends well when nobody reads on', async () => {
    const child = spawn(process.execPath, [resolve(__dirname, '../dist/main.js'), 'help']);
    const closed = once(child, 'close');
    child.stdout.destroy();
    expect(await text(child.stderr)).toBe('');
    expect(await closed).toEqual([0, null]);
  });

  it('names a command that does not exist', async () => {
    const outcome = await loupe(['frobnicate', 'now']);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(/^loupe: there is no command "frobnicate"\n[^]*loupe migrate \[up\]/);
  });

  it('helps', async () => {
    expect(await loupe(['--help'])).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('loupe migrate'),
    });
  });

  it('names what is missing in its environment', async () => {
    const outcome = await loupe(['migrate']);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toContain('DATABASE_URL');
    expectOneSentence(outcome.stderr, 3);
  });

  it('says in one sentence that the database cannot be reached, without its password', async () => {
    const DATABASE_URL = 'postgres://loupe:c4n4ry@127.0.0.1:1/loupe';
    const outcome = await loupe(['migrate'], { DATABASE_URL, DB_SSL_MODE: 'disable' });
    expect(outcome.code).toBe(1);
    expectOneSentence(outcome.stderr, 1);
    expect(outcome.stderr + outcome.stdout).not.toContain('c4n4ry');
  });

  it('says in one sentence that the login was refused', async () => {
    const url = new URL(database.url);
    url.password = 'wrong';
    const outcome = await loupe(['migrate'], { DATABASE_URL: url.href, DB_SSL_MODE: 'disable' });
    expect(outcome.code).toBe(1);
    expectOneSentence(outcome.stderr, 1);
  });
});

function expectOneSentence(text: string, mostLines: number): void {
  const lines = text.trim().split('\n');
  expect(lines.length).toBeLessThanOrEqual(mostLines);
  expect(lines[0]).toMatch(/^loupe: \S/);
  expect(text).not.toMatch(/\n\s+at |node_modules/);
}
