import { randomUUID } from 'node:crypto';
import type { CronTimes } from '@loupe/common/models';
import type { PostgresSource } from '@loupe/common/testing';
import { eventually } from '@loupe/common/testing';

export interface Answer {
  status: number;
  type: string | null;
  /** An earlier request with the same key had been served already. */
  isReplay: boolean;
  body: Record<string, unknown>;
}

/** An organization with one datasource, as it uses Loupe: through REST and nothing else. */
export interface Customer {
  /** POST /runs/execute, whatever comes of it. Rejects when there is no answer. */
  execute(sql: string, choices?: Record<string, unknown>): Promise<Answer>;
  /** The same under a key: however often it is sent, it makes one run. */
  executeOnce(key: string, sql: string, choices?: Record<string, unknown>): Promise<Answer>;
  /** The same where it must be accepted; the run's id. */
  start(sql: string, choices?: Record<string, unknown>): Promise<string>;
  /** The same at one of the APIs. */
  startAt(api: string, sql: string): Promise<string>;
  cancel(runId: string): Promise<Answer>;
  /** Any other request that must be answered well; paths begin below /api/v1. */
  ask(method: string, path: string, body?: object): Promise<Record<string, unknown>>;
  /** A schedule of a small query: its id, and when it fires first. */
  schedule(times: CronTimes): Promise<{ id: string; firstAt: Date }>;
  /** Rejects when it was not accepted. */
  disable(scheduleId: string): Promise<void>;
  run(runId: string): Promise<Record<string, unknown>>;
  result(runId: string): Promise<Record<string, unknown>>;
  /** Resolves with the run once its status is final. */
  final(runId: string, timeoutMs?: number): Promise<Record<string, unknown>>;
}

interface Call extends RequestInit {
  token?: string;
  idempotencyKey?: string;
}

export async function call(url: string, request: Call = {}): Promise<Answer> {
  const { token, idempotencyKey, ...init } = request;
  const headers = {
    'content-type': 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
  };
  const response = await fetch(url, { ...init, headers, signal: AbortSignal.timeout(30_000) });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    isReplay: response.headers.has('idempotent-replayed'),
    body: (await response.json()) as Record<string, unknown>,
  };
}

async function accepted(answer: Promise<Answer>): Promise<Record<string, unknown>> {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`${status}: ${JSON.stringify(body)}`);
  return body;
}

/** @param apis addresses of one and the same Loupe, asked in turn */
export async function createCustomer(
  apis: readonly string[],
  source: PostgresSource['settings'],
): Promise<Customer> {
  let turn = 0;
  const api = (): string => apis[(turn += 1) % apis.length] as string;
  const post = (path: string, body: object, token?: string): Promise<Answer> =>
    call(`${api()}${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      ...(token !== undefined && { token }),
    });
  const credentials = { email: `${randomUUID()}@example.com`, password: randomUUID(), name: 'Customer' };
  const { token } = (await accepted(post('/auth/register', credentials))) as { token: string };
  const { host, port, database, user, password } = source;
  const connection_string = `postgres://${user}:${password}@${host}:${port}/${database}?sslmode=disable`;
  const datasource = { name: 'Warehouse', ds_type: 'postgres', connection_string };
  const { id: datasource_id } = await accepted(post('/datasources', datasource, token));

  const execute: Customer['execute'] = (sql, choices = {}) =>
    post('/runs/execute', { datasource_id, sql, ...choices }, token);
  const executeAt = (at: string, request: Record<string, unknown>, how: Call = {}) => {
    const body = JSON.stringify({ datasource_id, ...request });
    return call(`${at}/runs/execute`, { method: 'POST', token, body, ...how });
  };
  const schedule: Customer['schedule'] = async ({ cronExpression, timezone }) => {
    const query = { datasource_id, name: 'Small', sql: 'SELECT count(*) FROM generate_series(1, 1000)' };
    const { id: query_id } = await accepted(post('/queries', query, token));
    const wanted = { query_id, name: 'Often', cron_expression: cronExpression, timezone };
    const { id, next_run_at } = await accepted(post('/schedules', wanted, token));
    return { id: id as string, firstAt: new Date(next_run_at as string) };
  };
  const run: Customer['run'] = (id) => accepted(call(`${api()}/runs/${id}`, { token }));
  return {
    execute,
    schedule,
    disable: async (id) => void (await accepted(post(`/schedules/${id}/disable`, {}, token))),
    executeOnce: (idempotencyKey, sql, choices = {}) =>
      executeAt(api(), { sql, ...choices }, { idempotencyKey }),
    startAt: async (at, sql) => (await accepted(executeAt(at, { sql }))).id as string,
    run,
    start: async (sql, choices) => (await accepted(execute(sql, choices))).id as string,
    cancel: (id) => post(`/runs/${id}/cancel`, {}, token),
    ask: (method, path, body) =>
      accepted(call(`${api()}${path}`, { method, token, ...(body && { body: JSON.stringify(body) }) })),
    result: (id) => accepted(call(`${api()}/runs/${id}/result`, { token })),
    final: (id, timeoutMs = 60_000) =>
      eventually(
        `run ${id} is final`,
        async () => {
          // The API may be away just now.
          const found = await run(id).catch(() => undefined);
          return found !== undefined && !['queued', 'running'].includes(found.status as string) && found;
        },
        timeoutMs,
      ),
  };
}
