import { setTimeout as delay } from 'node:timers/promises';
import { randomPassword } from '../../home/secrets';
import { createApiClient } from '../../rest/api-client';
import type { Ground } from './ground';
import { createKeepAliveClient } from './keep-alive-client';
import { type Looking, nextNumber, type Sample, type Variant } from './variant';

interface Run {
  id: string;
  status: string;
  created_at: string;
  started_at: string | null;
  error_message: string | null;
}

/** Between two questions of a client that is alone; well below what is measured. */
const eagerMs = 1.5;
/** Between two questions of one among many, once the end is due. */
const patientMs = 10;
/** Weight of the latest run in the estimate of when an end is due. */
const memory = 0.05;

/** Loupe from outside: POST, questions until the status is final, and the result, through REST. */
export async function createWholeLoupe({ apiUrl, source }: Ground): Promise<Variant> {
  const { token, datasourceId } = await makeCustomer(apiUrl, source);
  const client = createKeepAliveClient(apiUrl, token);
  let usual = 20;

  async function untilFinal(id: string, looking: Looking): Promise<Run> {
    if (looking === 'patient') await delay(usual * 0.9);
    for (;;) {
      const run = JSON.parse(await client.send('GET', `/runs/${id}`)) as Run;
      if (run.status !== 'queued' && run.status !== 'running') return run;
      await delay(looking === 'eager' ? eagerMs : patientMs);
    }
  }

  async function once(looking: Looking): Promise<Sample> {
    const number = nextNumber();
    const body = { datasource_id: datasourceId, sql: `SELECT ${number} AS n` };
    const began = performance.now();
    const { id } = JSON.parse(await client.send('POST', '/runs/execute', body)) as Run;
    const accepted = performance.now();
    const { status, created_at, started_at, error_message } = await untilFinal(id, looking);
    const final = performance.now();
    if (status !== 'completed' || started_at === null) throw new Error(`${id} ${status}: ${error_message}`);
    usual += memory * (final - accepted - usual);
    const { rows } = JSON.parse(await client.send('GET', `/runs/${id}/result`)) as { rows: unknown };
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
