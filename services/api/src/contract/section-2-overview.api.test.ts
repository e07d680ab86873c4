import type { Role } from '@loupe/common/models';
import { type Belongings, belongingsOf } from '../testing/belongings';
import { openSourceCheckRunner } from '../testing/control-runs';
import { type Ground, openGround } from '../testing/contract/ground';
import { connectionString } from '../testing/resources';
import { claimRun, endRun } from '../testing/run-states';
import type { Client } from '../testing/test-api';

// Every endpoint: who may call it, and what it answers then. What one ends is made for it alone.

let ground: Ground;
let kept: Things;
beforeAll(async () => {
  ground = await openGround();
  kept = await things();
});
afterAll(() => ground.close());

type Method = keyof Client;

interface Things extends Belongings {
  user: string;
  /** A second node. */
  another: string;
}

async function things(): Promise<Things> {
  const belongings = await belongingsOf(ground.editor, ground.admin);
  const node = { node_type: 'note', title: 'c' };
  const { body: another } = await ground.editor.post(`/canvases/${belongings.canvas}/nodes`).send(node);
  const { userId: user } = await ground.api.member({ orgId: ground.orgId, role: 'viewer' });
  return { ...belongings, user, another: another.id };
}

/** `/queries/{id}` of these things. */
const addressOf = (path: string, made: Things): string =>
  path
    .replace('users/{id}', `users/${made.user}`)
    .replace('{tile_id}', made.tile)
    .replace('{node_id}', made.node)
    .replace('{edge_id}', made.edge)
    .replace('canvases/{id}', `canvases/${made.canvas}`)
    .replace('queries/{id}', `queries/${made.query}`)
    .replace(/(\w+)s\/\{id\}/, (_, noun: string) => `${noun}s/${made[noun as keyof Belongings]}`);

const renamed = () => ({ name: 'x' });

/** What goes with a request that needs a body. */
const bodies: Record<string, (made: Things) => object> = {
  'POST /datasources': () => ({ name: 'x', connection_string: connectionString }),
  'PUT /datasources/{id}': renamed,
  'PUT /organizations/users/{id}/role': () => ({ role: 'editor' }),
  'POST /queries': ({ datasource }) => ({ name: 'x', datasource_id: datasource, sql: 'SELECT 1' }),
  'POST /queries/import': ({ datasource }) => ({ queries: [], datasource_id: datasource }),
  'PUT /queries/{id}': renamed,
  'POST /runs': ({ query }) => ({ query_id: query }),
  'POST /runs/execute': ({ datasource }) => ({ datasource_id: datasource, sql: 'SELECT 1' }),
  'POST /visualizations': ({ query }) => ({ name: 'x', query_id: query, chart_type: 'bar' }),
  'PUT /visualizations/{id}': renamed,
  'POST /dashboards': renamed,
  'PUT /dashboards/{id}': renamed,
  'POST /dashboards/{id}/tiles': ({ visualization }) => ({ visualization_id: visualization }),
  'PUT /dashboards/{id}/tiles/{tile_id}': () => ({ pos_x: 1 }),
  'POST /schedules': ({ query }) => ({ name: 'x', query_id: query, cron_expression: '0 * * * *' }),
  'PUT /schedules/{id}': renamed,
  'PATCH /schedules/{id}': renamed,
  'POST /canvases': renamed,
  'PUT /canvases/{id}': renamed,
  'POST /canvases/{id}/nodes': () => ({ node_type: 'note', title: 'x' }),
  'PUT /canvases/{id}/nodes/{node_id}': () => ({ title: 'x' }),
  'POST /canvases/{id}/edges': ({ node, another }) => ({ from_node_id: node, to_node_id: another }),
  'PUT /canvases/{id}/edges/{edge_id}': () => ({ label: 'explains' }),
};

const lower: Partial<Record<Role, 'viewer' | 'editor'>> = { admin: 'editor', editor: 'viewer' };

const endpoints: [row: string, least: Role, success: number][] = [
  ['2/GET /auth/me', 'viewer', 200],
  ['2/GET /organizations/users', 'viewer', 200],
  ['2/PUT /organizations/users/{id}/role', 'admin', 200],
  ['2/DELETE /organizations/users/{id}', 'admin', 204],
  ['2/GET /datasources', 'viewer', 200],
  ['2/POST /datasources', 'admin', 201],
  ['2/GET /datasources/{id}', 'viewer', 200],
  ['2/PUT /datasources/{id}', 'admin', 200],
  ['2/DELETE /datasources/{id}', 'admin', 204],
  ['2/GET /queries', 'viewer', 200],
  ['2/POST /queries', 'editor', 201],
  ['2/GET /queries/export', 'viewer', 200],
  ['2/POST /queries/import', 'editor', 200],
  ['2/GET /queries/{id}', 'viewer', 200],
  ['2/PUT /queries/{id}', 'editor', 200],
  ['2/DELETE /queries/{id}', 'editor', 204],
  ['2/GET /runs', 'viewer', 200],
  ['2/POST /runs', 'viewer', 201],
  ['2/POST /runs/execute', 'editor', 201],
  ['2/GET /runs/{id}', 'viewer', 200],
  ['2/POST /runs/{id}/cancel', 'editor', 200],
  ['2/GET /visualizations', 'viewer', 200],
  ['2/POST /visualizations', 'editor', 201],
  ['2/GET /visualizations/{id}', 'viewer', 200],
  ['2/PUT /visualizations/{id}', 'editor', 200],
  ['2/DELETE /visualizations/{id}', 'editor', 204],
  ['2/GET /dashboards', 'viewer', 200],
  ['2/POST /dashboards', 'editor', 201],
  ['2/GET /dashboards/{id}', 'viewer', 200],
  ['2/PUT /dashboards/{id}', 'editor', 200],
  ['2/DELETE /dashboards/{id}', 'editor', 204],
  ['2/GET /dashboards/{id}/tiles', 'viewer', 200],
  ['2/POST /dashboards/{id}/tiles', 'editor', 201],
  ['2/PUT /dashboards/{id}/tiles/{tile_id}', 'editor', 200],
  ['2/DELETE /dashboards/{id}/tiles/{tile_id}', 'editor', 204],
  ['2/GET /schedules', 'viewer', 200],
  ['2/POST /schedules', 'editor', 201],
  ['2/GET /schedules/{id}', 'viewer', 200],
  ['2/DELETE /schedules/{id}', 'editor', 204],
  ['2/PUT /schedules/{id}', 'editor', 200],
  ['2/PATCH /schedules/{id}', 'editor', 200],
  ['2/POST /schedules/{id}/enable', 'editor', 200],
  ['2/POST /schedules/{id}/disable', 'editor', 200],
  ['2/POST /schedules/{id}/trigger', 'editor', 200],
  ['2/GET /canvases', 'viewer', 200],
  ['2/POST /canvases', 'editor', 201],
  ['2/GET /canvases/{id}', 'viewer', 200],
  ['2/PUT /canvases/{id}', 'editor', 200],
  ['2/DELETE /canvases/{id}', 'editor', 204],
  ['2/POST /canvases/{id}/nodes', 'editor', 201],
  ['2/PUT /canvases/{id}/nodes/{node_id}', 'editor', 200],
  ['2/DELETE /canvases/{id}/nodes/{node_id}', 'editor', 204],
  ['2/POST /canvases/{id}/edges', 'editor', 201],
  ['2/PUT /canvases/{id}/edges/{edge_id}', 'editor', 200],
  ['2/DELETE /canvases/{id}/edges/{edge_id}', 'editor', 204],
];

/** What it ends, or joins, can be ended or joined once. */
const isOnlyOnce = (row: string): boolean => /^2\/DELETE|(cancel|edges)$/.test(row);

function ask(client: Client, row: string, made: Things) {
  const [, method = '', path = ''] = /^2\/(\w+) (.*)$/.exec(row) ?? [];
  const request = client[method.toLowerCase() as Method](addressOf(path, made));
  const body = bodies[`${method} ${path}`];
  return body === undefined ? request : request.send(body(made));
}

it.each(endpoints)('%s › %s → %i, below → 403, nobody → 401', async (row, least, success) => {
  const made = isOnlyOnce(row) ? await things() : kept;
  await ask(ground.anonymous, row, made).expect(401);
  const below = lower[least];
  if (below !== undefined) {
    const { body } = await ask(ground[below], row, made).expect(403);
    expect(body.message).toContain(least);
  }
  const { text, headers } = await ask(ground[least], row, made).expect(success);
  if (success === 204) expect(text).toBe('');
  else expect(headers['content-type']).toContain('application/json');
});

it.each<[row: string, which: RegExp, success: number, least: number]>([
  ['1.8/deletes answer 204 without a body', /^DELETE /, 204, 10],
  ['1.8/creates answer 201', /^POST .*\/(\w+s|execute)$/, 201, 10],
  [
    '1.8/reads, updates and actions answer 200',
    /^(GET|PUT|PATCH) |\/(import|cancel|enable|disable|trigger)$/,
    200,
    30,
  ],
  ['1.8/JSON with its content type', /^(?!DELETE)/, 0, 40],
])('%s', async (_row, ...[which, success, least]) => {
  const asked = endpoints.filter(([row]) => which.test(row.slice(2)));
  expect(asked.length).toBeGreaterThanOrEqual(least);
  for (const [row] of asked) {
    const made = isOnlyOnce(row) ? await things() : kept;
    const { status, text, headers, body } = await ask(ground.admin, row, made);
    if (success > 0) expect([row, status]).toEqual([row, success]);
    if (success === 204) expect([text, headers['content-type']]).toEqual(['', undefined]);
    else
      expect([headers['content-type'], typeof body]).toEqual(['application/json; charset=utf-8', 'object']);
  }
});

describe('without a token', () => {
  const person = { email: 'overview@example.com', password: 'correct horse', name: 'Ada' };
  const bearer = (token: string) => `Bearer ${token}`;

  it.each([
    ['2/GET /health', '/api/v1/health'],
    ['2/GET /health/live', '/api/v1/health/live'],
    ['2/GET /health/ready', '/api/v1/health/ready'],
    ['2/GET /metrics', '/metrics'],
  ])('%s', async (_row, path) => {
    await ground.api.anonymous.get(path).expect(200);
  });

  it('2/POST /auth/register', async () => {
    await ground.anonymous.post('/auth/register').send(person).expect(201);
  });

  it('2/POST /auth/login', async () => {
    await ground.anonymous.post('/auth/login').send(person).expect(200);
  });

  it.each([
    ['2/POST /auth/refresh', '/auth/refresh', 'refresh_token'],
    ['2/POST /auth/logout', '/auth/logout', 'token'],
  ])('%s', async (_row, path, token) => {
    const { body } = await ground.anonymous.post('/auth/login').send(person).expect(200);
    await ground.anonymous.post(path).expect(401);
    await ground.anonymous.post(path).set('Authorization', bearer(body[token])).expect(200);
  });
});

describe('with a runner', () => {
  it('2/GET /runs/{id}/result', async () => {
    const { run } = await things();
    await endRun(ground.api, await claimRun(ground.api, run), ['[1,1]']);
    await ground.anonymous.get(`/runs/${run}/result`).expect(401);
    await ground.viewer.get(`/runs/${run}/result`).expect(200);
  });

  it.each([
    ['2/POST /datasources/{id}/test', 'post', 'test', 'probe'],
    ['2/GET /datasources/{id}/schema', 'get', 'schema', 'describe'],
  ] as const)('%s', async (...[, method, action, kind]) => {
    const path = `/datasources/${ground.datasourceId}/${action}`;
    await ground.anonymous[method](path).expect(401);
    const runner = await openSourceCheckRunner(ground.api);
    const answer = ground.viewer[method](path).then(({ status }) => status);
    await runner.succeed(await runner.take(kind), kind === 'probe' ? [[1, []]] : []);
    expect(await answer).toBe(200);
  });
});

it.each([
  ['2/literal segments win over ids › export', 'get', '/queries/export', 200],
  ['2/literal segments win over ids › import', 'get', '/queries/import', 405],
  ['2/literal segments win over ids › execute', 'post', '/runs/execute', 400],
] as const)('%s', async (...[, method, path, status]) => {
  await ground.editor[method](path).expect(status);
});

describe('2/what does not exist is 404', () => {
  const writes = endpoints.filter(([row]) => /^2\/(DELETE|PUT|PATCH|POST) .*\{/.test(row));

  it.each(writes)('%s', async (row) => {
    const [, method = '', path = ''] = /^2\/(\w+) (.*)$/.exec(row) ?? [];
    const unknown = '00000000-0000-7000-8000-000000000000';
    const address = addressOf(path, kept).replace(/[0-9a-f-]{36}(?!.*[0-9a-f-]{36})/, unknown);
    const body = bodies[`${method} ${path}`]?.(kept) ?? {};
    const answer = await ground.admin[method.toLowerCase() as Method](address).send(body).expect(404);
    expect(answer.body.error.type).toBe('not_found');
  });
});
