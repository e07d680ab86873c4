import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { startTestApi } from '../../testing/test-api';

const file = resolve(__dirname, '../../../../../packages/client/src/generated/schema.ts');
const generator = join(dirname(require.resolve('openapi-typescript/package.json')), 'bin/cli.js');

/** A default says what the server does without a value, not that the client must send one; an open object takes anything. */
const flags = ['--default-non-nullable=false', '--empty-objects-unknown'];

const typesOf = (document: unknown): string =>
  execFileSync(process.execPath, [generator, ...flags], {
    input: JSON.stringify(document),
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
  });

it('the types of the client are those of the document', async () => {
  const api = await startTestApi({ OPERATOR_TOKENS: `test:${'0'.repeat(64)}` });
  const { body } = await api.anonymous.get('/api/v1/openapi.json').expect(200);
  await api.close();
  const types = typesOf(body);
  if (process.env.RENEW_CLIENT_TYPES === 'true') writeFileSync(file, types);
  const isCurrent = readFileSync(file, 'utf8') === types;
  // Not the texts themselves: Jest would take minutes to show where they differ.
  expect(isCurrent ? 'current' : 'out of date: npm run client:types').toBe('current');
});
