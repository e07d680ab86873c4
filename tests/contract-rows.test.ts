import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

// The table of the contract's tests is only worth something while nothing can be missing from it: the real script, in a
// checkout with a contract of two rows.

const repository = resolve(__dirname, '..');
const suite = 'services/api/src/contract';

let checkout: string;
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'loupe-contract-'));
  for (const folder of [`${suite}/rows`, 'docs', 'scripts'])
    mkdirSync(join(checkout, folder), { recursive: true });
  for (const part of ['contract', 'contract-tests.mjs'])
    cpSync(join(repository, 'scripts', part), join(checkout, 'scripts', part), { recursive: true });
  symlinkSync(join(repository, 'node_modules'), join(checkout, 'node_modules'));
  write(`${suite}/other.test.ts`, `it('does something else', () => undefined);`);
  tests(`it.each(['9.1/first › one half', '9.1/first › the other'])('%s', () => undefined);`);
  rows(`first: 'suite', second: { file: '${suite}/other.test.ts', test: 'does something else' }`);
});
afterEach(() => rmSync(checkout, { recursive: true }));

const write = (file: string, text: string): void => writeFileSync(join(checkout, file), text);
const tests = (text: string): void => write(`${suite}/section-9.api.test.ts`, text);
const rows = (members: string): void =>
  write(
    `${suite}/rows/9.mjs`,
    `export const sections = [{ id: '9.1', title: 'Nine', rows: { ${members} } }];`,
  );

function run(...args: string[]): { status: number | null; says: string } {
  const script = join(checkout, 'scripts/contract-tests.mjs');
  const { status, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
  return { status, says: stderr };
}

it('writes a table in which every row has its test, and finds it as it should be', () => {
  expect(run()).toEqual({ status: 0, says: '' });
  const page = readFileSync(join(checkout, 'docs/contract-tests.md'), 'utf8');
  expect(page).toContain('2 rows: 1 shown by the suite, 1 elsewhere, 0 later.');
  expect(page).toMatch(/\| first +\| \[section-9\]\(.*section-9\.api\.test\.ts\): one half; the other/);
  expect(page).toMatch(/\| second \| \[other\]\(.*other\.test\.ts\): does something else/);
  expect(run('--check')).toEqual({ status: 0, says: '' });
});

it('fails when the table is not what it would be', () => {
  run();
  tests(`it('9.1/first › something new', () => undefined);`);
  expect(run('--check')).toEqual({ status: 1, says: expect.stringContaining('out of date') });
});

it('says everything that keeps the table from being true', () => {
  tests(
    `it('9.1/first', () => undefined); it('9.1/stray', () => undefined); // it('9.1/third', () => undefined);`,
  );
  rows(
    [
      `first: { later: 'not yet' }`,
      `third: 'suite'`,
      `fourth: { file: 'docs/none.test.ts' }`,
      `fifth: { file: '${suite}/other.test.ts', test: 'does' }`,
      `sixth: { row: '9.1/none' }`,
      `seventh: { row: '9.1/eighth' }, eighth: { row: '9.1/seventh' }`,
      `ninth: { file: 'docs/contract-tests.md', test: 'x' }`,
      `tenth: { file: '${suite}/other.test.ts' }`,
    ].join(),
  );
  const { status, says } = run();
  expect(status).toBe(1);
  expect(says.trim().split('\n')).toEqual([
    'a test names the row 9.1/stray, which rows/ does not know',
    '9.1/first: a test of the suite is named after it, so rows/ should say "suite"',
    '9.1/third: no test of the suite is named after it',
    '9.1/fourth: there is no file docs/none.test.ts',
    `9.1/fifth: ${suite}/other.test.ts has no test “does”`,
    '9.1/sixth: there is no row 9.1/none',
    '9.1/seventh: row 9.1/eighth leads to no test',
    '9.1/eighth: row 9.1/seventh leads to no test',
    '9.1/ninth: docs/contract-tests.md is no file of tests',
    `9.1/tenth: which test of ${suite}/other.test.ts shows it?`,
  ]);
});

it('counts a row as later when another row that shows it is later in the end', () => {
  rows(
    `first: 'suite', a: { row: '9.1/b' }, b: { row: '9.1/c' }, c: { later: 'not yet' }, d: { row: '9.1/first' }`,
  );
  expect(run()).toEqual({ status: 0, says: '' });
  const page = readFileSync(join(checkout, 'docs/contract-tests.md'), 'utf8');
  expect(page).toContain('5 rows: 1 shown by the suite, 1 elsewhere, 3 later.');
});

it.each([
  [
    'a table with a name',
    `const table = [['9.1/first', 1]] as const; it.each(table)('%s', () => undefined);`,
  ],
  ['a table of several', `const more = ['9.1/first']; it.each([...more])('%s', () => undefined);`],
  ['a filtered table', `const all = [['9.1/first']]; it.each(all.filter(Boolean))('%s', () => undefined);`],
  ['a template', 'for (const n of [1]) it(`9.1/first › ${n}`, () => undefined);'],
  ['a group', `describe.each([1])('9.1/first › %i', () => undefined);`],
])('finds the title in %s', (_what, text) => {
  tests(text);
  expect(run()).toEqual({ status: 0, says: '' });
});

it.each([
  ['an expectation', `it('x', () => expect(text).toBe('9.1/first'));`],
  ['another member of a row', `it.each([['x', '9.1/first']])('%s', () => undefined);`],
  ['a table that no test has', `const table = ['9.1/first'];`],
])('takes no title from %s', (_what, text) => {
  tests(text);
  const { status, says } = run();
  expect({ status, says: says.trim() }).toEqual({
    status: 1,
    says: '9.1/first: no test of the suite is named after it',
  });
});
