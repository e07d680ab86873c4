import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { breakingDocumentChanges } from '../../testing/openapi/compare-documents';
import { startTestApi } from '../../testing/test-api';

const file = resolve(__dirname, '../../../openapi.baseline.json');

it('the API breaks no client that was written against the baseline', async () => {
  const api = await startTestApi({ OPERATOR_TOKENS: `test:${'0'.repeat(64)}` });
  const { body } = await api.anonymous.get('/api/v1/openapi.json').expect(200);
  await api.close();
  // `npm run openapi:baseline`; docs/api-versioning.md says when.
  if (process.env.RENEW_OPENAPI_BASELINE === 'true')
    writeFileSync(file, `${JSON.stringify(body, null, 2)}\n`);
  const before = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  expect(breakingDocumentChanges({ before, after: body })).toEqual([]);
});
