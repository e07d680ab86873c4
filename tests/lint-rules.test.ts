import { resolve } from 'node:path';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

// The rules are only worth something while they bite. Each case is a file as someone could write it, checked under
// the real configuration; the files need not exist, so what needs types is looked up in the configuration instead.

const repository = resolve(__dirname, '..');
const eslint = new ESLint({
  cwd: repository,
  overrideConfig: [
    {
      files: ['**/*.ts'],
      ...tseslint.configs.disableTypeChecked,
      languageOptions: { parserOptions: { project: null, program: null, projectService: false } },
    },
  ],
});

async function complaints(file: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: resolve(repository, file) });
  return (result?.messages ?? []).filter(({ severity }) => severity === 2).map(({ message }) => message);
}

const importing = (source: string): string => `import { thing } from '${source}';\nthing();\n`;
const lines = (count: number, line = 'export {};\n'): string => line.repeat(count);

describe('imports', () => {
  const forbidden: [file: string, source: string, reason: RegExp][] = [
    ['packages/common/src/errors/new.ts', '../models', /close a circle/],
    ['packages/common/src/models/new.ts', '../db', /pure types and rules/],
    ['packages/common/src/models/new.ts', 'node:fs', /does no I\/O/],
    ['packages/common/src/config/new.ts', '../db', /serves every layer above/],
    ['packages/common/src/db/new.ts', '../repositories', /knows nothing of what is stored/],
    ['packages/common/src/repositories/new.ts', './engine', /sees all organizations/],
    ['packages/common/src/repositories/new.ts', '../queues', /SQL and row mapping only/],
    ['packages/common/src/queues/new.ts', '../commands', /producers import these definitions/],
    ['packages/common/src/sql/new.ts', '../db', /decide about text alone/],
    ['packages/common/src/connectors/postgres/index.ts', '../../db', /never load a database driver/],
    ['packages/common/src/connectors/postgres/client.ts', '../../repositories', /customers’ databases/],
    ['packages/common/src/results/new.ts', '../repositories', /knows nothing of the run/],
    [
      'packages/common/src/commands/start-run.ts',
      '../repositories/engine',
      /only dispatch, finish-run and operate/,
    ],
    ['packages/common/src/commands/start-run.ts', '../config', /one organization/],
    ['packages/common/src/testing/new.ts', '../../../../services/api/src/app', /may know no service/],
    ['packages/devstack/src/new.ts', '../../../services/runner/src/main', /never loads one/],
    ['services/api/src/http/new.ts', '../features/queries/queries.service', /may know none of them/],
    [
      'services/api/src/features/runs/new.ts',
      '../queries/queries.service',
      /a feature never imports another/,
    ],
    [
      'services/api/src/features/runs/new.ts',
      '@loupe/common/repositories/engine',
      /one organization at a time/,
    ],
    [
      'services/api/src/features/runs/new.ts',
      '@loupe/common/connectors/open',
      /opens no customer’s database/,
    ],
    ['services/api/src/features/runs/new.ts', '@loupe/common/testing', /a feature never imports another/],
    ['services/api/src/features/runs/new.ts', '../../app', /a feature never imports another/],
    [
      'services/api/src/features/runs/new.ts',
      '../../../../runner/src/app',
      /a feature never imports another/,
    ],
    ['services/runner/src/new.ts', '../../api/src/http/chain', /never in each other’s code/],
    ['services/scheduler/src/new.ts', '@loupe/common/connectors/open', /only the runner opens/],
    ['services/scheduler/src/new.ts', '../../../packages/common/src/nowhere', /lies in no layer/],
  ];

  it.each(forbidden)('refuses in %s the import of %s, and says why', async (file, source, reason) => {
    expect(await complaints(file, importing(source))).toEqual([expect.stringMatching(reason)]);
  });

  const allowed: [file: string, source: string][] = [
    ['packages/common/src/models/new.ts', '../errors'],
    ['packages/common/src/models/new.ts', './run'],
    ['packages/common/src/repositories/engine/new.ts', '../../db'],
    ['packages/common/src/commands/dispatch.ts', '../repositories/engine'],
    ['packages/common/src/commands/start-run.ts', '../repositories'],
    ['packages/common/src/connectors/postgres/client.ts', 'pg'],
    ['packages/common/src/testing/new.ts', '../repositories/engine'],
    ['packages/devstack/src/new.ts', '@loupe/common/db'],
    ['packages/common/src/db/new.test.ts', '../testing'],
    ['services/api/src/http/new.ts', '@loupe/common/errors'],
    ['services/api/src/features/runs/new.ts', '../../http/chain'],
    ['services/runner/src/new.ts', '@loupe/common/connectors/open'],
    ['services/runner/src/new.ts', '@loupe/common/repositories/engine'],
    ['services/scheduler/src/new.ts', '@loupe/common/repositories/engine'],
  ];

  it.each(allowed)('lets %s import %s', async (file, source) => {
    expect(await complaints(file, importing(source))).toEqual([]);
  });

  it.each([
    ['services/api/src/features/runs/runs.service.ts', 'express', /below the route nothing knows HTTP/],
    ['packages/common/src/commands/new.ts', 'knex', /all SQL of the metadata database/],
    ['packages/common/src/connectors/postgres/index.ts', 'pg', /never loads a customer’s driver/],
    ['services/runner/src/new.ts', 'bullmq', /must stay replaceable/],
    ['packages/common/src/commands/new.ts', 'ioredis', /how to do without it/],
    ['services/api/src/features/runs/runs.service.ts', 'joi', /checked where it enters/],
    ['packages/common/src/db/new.ts', 'winston', /decided once/],
    ['services/api/src/features/runs/runs.service.ts', 'jsonwebtoken', /reviewed in one place/],
    ['packages/common/src/db/new.ts', 'left-pad', /has no home yet/],
  ])('keeps in %s to the home of %s', async (file, source, reason) => {
    expect(await complaints(file, importing(source))).toEqual([expect.stringMatching(reason)]);
  });

  it.each([
    ['re-exported', `export * from '../db';\n`],
    ['for its types alone', `import type { thing } from '../db';\nexport type Thing = typeof thing;\n`],
    ['lazily', `export const load = () => import('../db');\n`],
  ])('sees an import that is %s', async (_how, code) => {
    expect(await complaints('packages/common/src/models/new.ts', code)).toEqual([
      expect.stringMatching(/pure types and rules/),
    ]);
  });
});

describe('sizes', () => {
  const longFunction = `export function long() {\n${lines(49, '  void 0;\n')}}\n`;

  it.each([
    ['services/runner/src/new.ts', lines(301), /too many lines \(301\)/],
    ['services/runner/src/new.test.ts', lines(501), /too many lines \(501\)/],
    ['services/runner/src/new.ts', longFunction, /too many lines \(51\)/],
    [
      'services/runner/src/new.ts',
      'export const f = (a, b, c, d) => [a, b, c, d];\n',
      /too many parameters \(4\)/,
    ],
    [
      'services/api/src/http/chain.ts',
      'export const f = (e, q, r, n) => [e, q, r, n];\n',
      /too many parameters/,
    ],
    ['services/runner/src/utils.ts', 'export {};\n', /named after the noun/],
    ['services/runner/src/shared/run.ts', 'export {};\n', /named after the noun/],
  ])('refuses in %s what is too big or vaguely named', async (file, code, reason) => {
    expect(await complaints(file, code)).toEqual([expect.stringMatching(reason)]);
  });

  it.each([
    ['services/runner/src/new.ts', lines(300)],
    ['services/runner/src/new.test.ts', lines(500)],
    ['services/runner/src/new.test.ts', longFunction],
    ['services/api/src/http/error-handler.ts', 'export const f = (e, q, r, n) => [e, q, r, n];\n'],
  ])('lets %s be as long as its kind may be', async (file, code) => {
    expect(await complaints(file, code)).toEqual([]);
  });
});

describe('shortcuts', () => {
  const source = 'packages/common/src/repositories/new.ts';
  const test = 'packages/common/src/repositories/new.db.test.ts';

  it.each([
    [source, 'export default 1;\n', /Named exports only/],
    [source, 'export const f = (db, id) => db.raw(`select ${id}`);\n', /bindings only/],
    [source, "export const f = (db, id) => db.whereRaw('id = ' + id);\n", /bindings only/],
    [source, 'export const f = (db, sql) => db.raw(sql);\n', /bindings only/],
    [source, 'export const f = () => process.env.HOME;\n', /read in config only/],
    [
      source,
      "import { env } from 'node:process';\nexport const f = () => env.HOME;\n",
      /read in config only/,
    ],
    [source, 'export const f = (x: any): string => x;\n', /Unexpected any/],
    [source, "console.log('here');\n", /Unexpected console/],
    [test, "it.skip('later', () => {});\n", /No test is skipped/],
    [test, "it.todo('later');\n", /No test is skipped/],
    [test, "describe.only('this', () => {});\n", /No test is skipped/],
    [test, "jest.mock('./runs');\n", /No mocks of our own modules/],
    [test, 'export const f = () => new Promise((done) => setTimeout(done, 50));\n', /No sleeps in tests/],
    [
      test,
      "import { setTimeout } from 'node:timers/promises';\nawait setTimeout(50);\n",
      /No sleeps in tests/,
    ],
  ])('refuses in %s: %s', async (file, code, reason) => {
    expect(await complaints(file, code)).toEqual([expect.stringMatching(reason)]);
  });

  it.each([
    [source, "export const f = (db, id) => db.raw('select ?', [id]);\n"],
    [
      source,
      'const COLUMNS = "id, name";\nexport const f = (db) => db.raw(`select ${COLUMNS} from runs`);\n',
    ],
    ['services/api/src/config.ts', 'export const f = () => process.env.API_PORT;\n'],
  ])('lets %s do it as it is meant: %s', async (file, code) => {
    expect(await complaints(file, code)).toEqual([]);
  });

  it('lets no promise float and no type go unchecked', async () => {
    const config = (await new ESLint({ cwd: repository }).calculateConfigForFile(
      resolve(repository, source),
    )) as { rules: Record<string, [severity: number]> };
    for (const rule of [
      'no-floating-promises',
      'no-misused-promises',
      'no-explicit-any',
      'no-unsafe-assignment',
    ]) {
      expect(config.rules[`@typescript-eslint/${rule}`]?.[0]).toBe(2);
    }
  });
});
