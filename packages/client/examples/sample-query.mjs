// Signs in to a Loupe that `npm start` has brought up, runs a saved query and prints what came out.
//   node packages/client/examples/sample-query.mjs [credentials file] [name of the query]
import { readFile } from 'node:fs/promises';
import { dataOf, LoupeApiError, LoupeRunError, signIn } from '@loupe/client';

const [file = '.loupe/credentials.json', name = 'Flight delays by distance'] = process.argv.slice(2);
const print = (line) => process.stdout.write(`${line}\n`);

async function main() {
  const { api_url: url, email, password } = JSON.parse(await readFile(file, 'utf8'));
  const loupe = await signIn({ url, email, password });
  const user = await dataOf(loupe.api.GET('/auth/me'));
  print(`signed in as ${user.name}`);

  const query = await firstOf(loupe.items('/queries', { params: { query: { search: name } } }));
  if (query === undefined) throw new Error(`There is no query “${name}”`);

  const run = await loupe.runQuery({ query_id: query.id }, { signal: AbortSignal.timeout(60_000) });
  const result = await loupe.result(run.id);
  print(`${query.name}: ${result.rowCount} rows after ${result.executionTimeMs} ms`);
  print(result.columns.map((column) => column.name).join('\t'));
  for await (const row of result) print(row.join('\t'));
}

async function firstOf(items) {
  for await (const item of items) return item;
  return undefined;
}

main().catch((error) => {
  const expected = error instanceof LoupeApiError || error instanceof LoupeRunError;
  process.stderr.write(`${expected ? error.message : error.stack}\n`);
  process.exitCode = 1;
});
