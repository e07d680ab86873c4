// Runs in the browser.
import { dataOf, signIn } from '@loupe/client';

/** Signs in, lists, runs what completes, what fails and what is given up, and says what it saw. */
export async function useClient({ url, email, password, rows }) {
  const loupe = await signIn({ url, email, password });
  const names = [];
  for await (const { name } of loupe.items('/queries', { params: { query: { limit: 2 } } })) names.push(name);

  const { data } = await dataOf(loupe.api.GET('/datasources'));
  const statement = (sql) => ({ datasource_id: data[0].id, sql, max_rows: 100_000 });
  const run = await loupe.runStatement(statement(`SELECT n FROM generate_series(1, ${rows}) n`));
  let sum = 0;
  for await (const [n] of await loupe.result(run.id)) sum += n;

  const failed = await loupe.runStatement(statement('SELECT no_such_column')).catch(factsOf);

  const slow = statement('SELECT pg_sleep(60)');
  const idempotencyKey = `browser-${Date.now()}`;
  const patience = { idempotencyKey, cancelOnAbort: true, signal: AbortSignal.timeout(1_000) };
  const abandoned = await loupe.runStatement(slow, patience).catch(factsOf);
  const cancelled = await loupe.runStatement(slow, { idempotencyKey }).catch(factsOf);
  return { queries: names.length, status: run.status, sum, failed, abandoned, cancelled };
}

const factsOf = ({ name, status }) => ({ name, status });
