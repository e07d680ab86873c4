import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { errorText } from '@loupe/common/errors';
import { readEnvironment } from '../config/environment';
import { readStartConfig } from '../config/start-config';
import { homeAt } from '../home/loupe-home';
import { type ApiClient, createApiClient } from '../rest/api-client';

interface Run {
  id: string;
  status: string;
}

const warmUpRuns = 20;
const measuredRuns = 300;
/** Short against what is measured, and long enough to leave the cores to Loupe. */
const pollMs = 2;

/**
 * How long a person waits for a trivial query on an idle Loupe: from POST to the first poll that shows a final status,
 * one run after the other, through REST. Needs a running `npm start`.
 */
async function main(): Promise<void> {
  const config = readStartConfig([], readEnvironment());
  if (config === 'help') return;
  const { credentials: file } = homeAt(config.folder);
  const credentials = JSON.parse(readFileSync(file, 'utf8')) as Record<
    'api_url' | 'email' | 'password',
    string
  >;
  const anonymous = createApiClient(credentials.api_url);
  const { email, password } = credentials;
  const { token } = await anonymous.post<{ token: string }>('/auth/login', { email, password });
  const api = anonymous.withToken(token);
  const { data } = await api.get<{ data: { id: string }[] }>('/datasources?limit=1');
  const datasourceId = data[0]?.id;
  if (datasourceId === undefined) throw new Error('there is no datasource to query');

  for (let i = 0; i < warmUpRuns; i += 1) await postToFinal(api, datasourceId);
  const times: number[] = [];
  for (let i = 0; i < measuredRuns; i += 1) times.push(await postToFinal(api, datasourceId));
  print(times.sort((a, b) => a - b));
}

async function postToFinal(api: ApiClient, datasourceId: string): Promise<number> {
  const began = performance.now();
  let run = await api.post<Run>('/runs/execute', { datasource_id: datasourceId, sql: 'SELECT 1' });
  while (run.status === 'queued' || run.status === 'running') {
    await delay(pollMs);
    run = await api.get<Run>(`/runs/${run.id}`);
  }
  if (run.status !== 'completed') throw new Error(`run ${run.id} ended ${run.status}`);
  return performance.now() - began;
}

function print(sorted: readonly number[]): void {
  const at = (share: number): string => `${(sorted[Math.floor(sorted.length * share)] ?? NaN).toFixed(1)} ms`;
  process.stdout.write(
    [
      `SELECT 1, POST → final through REST, ${sorted.length} runs one after the other`,
      `p50 ${at(0.5)}   p95 ${at(0.95)}   p99 ${at(0.99)}`,
      '',
    ].join('\n'),
  );
}

main().catch((error: unknown) => {
  process.stderr.write(`The benchmark needs a running Loupe (npm start): ${errorText(error)}\n`);
  process.exitCode = 1;
});
