import { randomPassword } from '../../home/secrets';
import { createApiClient } from '../../rest/api-client';
import type { Ground } from './ground';
import { createKeepAliveClient } from './keep-alive-client';
import { nextNumber, type Sample, type Variant } from './variant';

interface Run {
  id: string;
  status: string;
  created_at: string;
  started_at: string | null;
  error_message: string | null;
}

/** As long as the API waits at most; longer than a query takes. */
const waitSeconds = 30;

/** Loupe from outside, through REST: a POST that is answered when the run has ended, and its result. */
export async function createWholeLoupe({ apiUrl, source }: Ground): Promise<Variant> {
  const { token, datasourceId } = await makeCustomer(apiUrl, source);
  const client = createKeepAliveClient(apiUrl, token);

  async function once(): Promise<Sample> {
    const number = nextNumber();
    const body = { datasource_id: datasourceId, sql: `SELECT ${number} AS n` };
    const began = performance.now();
    const run = JSON.parse(
      await client.send({ method: 'POST', path: '/runs/execute', body, waitSeconds }),
    ) as Run;
    const { id, status, created_at, started_at, error_message } = run;
    const final = performance.now();
    if (status !== 'completed' || started_at === null) throw new Error(`${id} ${status}: ${error_message}`);
    const result = await client.send({ method: 'GET', path: `/runs/${id}/result` });
    const { rows } = JSON.parse(result) as { rows: unknown };
    if (JSON.stringify(rows) !== `[[${number}]]`) throw new Error(`${id} gave ${JSON.stringify(rows)}`);
    return {
      toStart: Date.parse(started_at) - Date.parse(created_at),
      toFinal: final - began,
      toResult: performance.now() - began,
    };
  }

  return {
    name: 'loupe',
    once,
    close: () => {
      client.close();
      return Promise.resolve();
    },
  };
}

/** An organization with one datasource. */
async function makeCustomer(
  apiUrl: string,
  source: Ground['source'],
): Promise<{ token: string; datasourceId: string }> {
  const anonymous = createApiClient(apiUrl);
  const { token } = await anonymous.post<{ token: string }>('/auth/register', {
    email: 'benchmark@example.com',
    password: randomPassword(),
    name: 'Benchmark',
  });
  const { id } = await anonymous.withToken(token).post<{ id: string }>('/datasources', {
    name: 'Source',
    ds_type: 'postgres',
    connection_string: `${source.url}?sslmode=disable`,
  });
  return { token, datasourceId: id };
}
