import { type Ground, openGround } from '../testing/contract/ground';
import { createSchedule } from '../testing/resources';

let ground: Ground;
let canvasId: string;
let dashboardId: string;
let visualizationId: string;
beforeAll(async () => {
  ground = await openGround();
  const made = async (path: string, body: object): Promise<string> =>
    (await ground.editor.post(path).send(body).expect(201)).body.id;
  canvasId = await made('/canvases', { name: 'x' });
  dashboardId = await made('/dashboards', { name: 'x' });
  visualizationId = await made('/visualizations', { name: 'x', query_id: ground.queryId, chart_type: 'bar' });
});
afterAll(() => ground.close());

type Json = Record<string, unknown>;

let people = 0;
/** Makes one of a kind, with these fields changed. */
const make: Record<string, (fields: Json) => ReturnType<Ground['admin']['post']>> = {
  user: (fields) => {
    people += 1;
    const person = { email: `person${people}@example.com`, password: 'correct horse', name: 'Ada' };
    return ground.anonymous.post('/auth/register').send({ ...person, ...fields });
  },
  login: (fields) =>
    ground.anonymous.post('/auth/login').send({ email: 'a@example.com', password: 'x', ...fields }),
  datasource: (fields) =>
    ground.admin
      .post('/datasources')
      .send({ name: 'x', connection_string: 'postgres://u@db.example.com/d', ...fields }),
  query: (fields) =>
    ground.editor
      .post('/queries')
      .send({ datasource_id: ground.datasourceId, name: 'x', sql: 'SELECT 1', ...fields }),
  visualization: (fields) =>
    ground.editor
      .post('/visualizations')
      .send({ query_id: ground.queryId, name: 'x', chart_type: 'bar', ...fields }),
  dashboard: (fields) => ground.editor.post('/dashboards').send({ name: 'x', ...fields }),
  tile: (fields) =>
    ground.editor
      .post(`/dashboards/${dashboardId}/tiles`)
      .send({ visualization_id: visualizationId, ...fields }),
  schedule: (fields) =>
    ground.editor
      .post('/schedules')
      .send({ query_id: ground.queryId, name: 'x', cron_expression: '0 * * * *', ...fields }),
  canvas: (fields) => ground.editor.post('/canvases').send({ name: 'x', ...fields }),
  node: (fields) =>
    ground.editor.post(`/canvases/${canvasId}/nodes`).send({ node_type: 'note', title: 'x', ...fields }),
};

const accept = async (kind: string, fields: Json): Promise<Json> =>
  (await make[kind]!(fields).expect(201)).body;

/** Refused for this field alone, and named in the message. */
async function refuse(kind: string, fields: Json, field: string): Promise<void> {
  const { body } = await make[kind]!(fields).expect(400);
  expect(Object.keys(body.details.fields)).toEqual([field]);
  expect(body.message).toContain(field);
}

const owls = (count: number): string => '🦉'.repeat(count);

describe.each(['datasource', 'visualization', 'dashboard', 'schedule', 'canvas'])('name of a %s', (kind) => {
  it.each([
    ['1.10/names › 1 character', 'x'],
    ['1.10/names › 255 characters', owls(255)],
    ['1.10/names › of the frontend', '[Canvas] Sales – “2026” / 100 % - Visualization'],
    ['1.10/names › SQL and markup', `'; DROP TABLE x; -- <b>&amp;</b>`],
  ])('%s', async (_row, name) => {
    expect(await accept(kind, { name })).toMatchObject({ name });
  });

  it.each([
    ['1.10/names › missing', undefined],
    ['1.10/names › empty', ''],
    ['1.10/names › blank', ' \u2003 '],
    ['1.10/names › 256 characters', owls(256)],
    ['1.10/names › line break', 'a\nb'],
    ['1.10/names › control character', 'a\u0007b'],
    ['1.10/names › no text', 7],
  ])('%s → 400', async (_row, name) => {
    await refuse(kind, { name }, 'name');
  });
});

describe.each([
  ['query', 'name'],
  ['user', 'name'],
  ['node', 'title'],
])('%s %s', (kind, field) => {
  it('1.10/query name, user name, node title › 1 and 255 characters', async () => {
    expect(await accept(kind, { [field]: 'x' })).toMatchObject({ [field]: 'x' });
    expect(await accept(kind, { [field]: owls(255) })).toMatchObject({ [field]: owls(255) });
  });

  it.each([
    ['1.10/query name, user name, node title › missing', undefined],
    ['1.10/query name, user name, node title › empty', ''],
    ['1.10/query name, user name, node title › blank', '  '],
    ['1.10/query name, user name, node title › 256 characters', owls(256)],
    ['1.10/query name, user name, node title › no text', ['x']],
  ])('%s → 400', async (_row, value) => {
    await refuse(kind, { [field]: value }, field);
  });
});

describe.each(['query', 'dashboard'])('description of a %s', (kind) => {
  it.each([
    ['1.10/description › empty', ''],
    ['1.10/description › 2,000 characters', owls(2_000)],
    ['1.10/description › lines', 'a\nb\tc'],
  ])('%s', async (_row, description) => {
    expect(await accept(kind, { description })).toMatchObject({ description });
  });

  it('1.10/description › 2,001 characters → 400', async () => {
    await refuse(kind, { description: owls(2_001) }, 'description');
  });
});

describe.each(['query', 'visualization', 'dashboard', 'schedule', 'canvas'])('tags of a %s', (kind) => {
  it.each([
    ['1.10/tags › none', [], []],
    ['1.10/tags › duplicates removed', ['b', 'a', 'b'], ['b', 'a']],
    ['1.10/tags › 50 characters', [owls(50)], [owls(50)]],
    ['1.10/tags › 50 tags', Array.from({ length: 50 }, (_, i) => `t${i}`), { length: 50 }],
  ])('%s', async (_row, tags, expected) => {
    expect(await accept(kind, { tags })).toMatchObject({ tags: expected });
  });

  it.each([
    ['1.10/tags › 51 characters', [owls(51)], 'tags[0]'],
    ['1.10/tags › empty', ['a', ''], 'tags[1]'],
    ['1.10/tags › no text', [1], 'tags[0]'],
    ['1.10/tags › 51 tags', Array.from({ length: 51 }, (_, i) => `t${i}`), 'tags'],
    ['1.10/tags › no array', 'a', 'tags'],
  ])('%s → 400', async (_row, tags, field) => {
    await refuse(kind, { tags }, field);
  });
});

it.each([
  ['1.10/parameter definitions › 50', 50, 201],
  ['1.10/parameter definitions › 51 → 400', 51, 400],
])('%s', async (_row, count, status) => {
  const parameters = Array.from({ length: count }, (_, i) => ({ name: `p${i}`, param_type: 'string' }));
  await make['query']!({ parameters }).expect(status);
});

describe('e-mail', () => {
  it('1.10/e-mail › trimmed and lower-cased', async () => {
    expect(await accept('user', { email: ' Ada.B+c@Example.COM\t' })).toMatchObject({
      email: 'ada.b+c@example.com',
    });
    const { body } = await make['user']!({ email: 'ADA.B+C@example.com' }).expect(409);
    expect(body.error.type).toBe('conflict');
    await ground.anonymous
      .post('/auth/login')
      .send({ email: 'ADA.b+c@example.com ', password: 'correct horse' })
      .expect(200);
  });

  it('1.10/e-mail › 255 characters', async () => {
    const email = `${'x'.repeat(60)}@${'y'.repeat(60)}.${'z'.repeat(60)}.${'w'.repeat(60)}.example`;
    await accept('user', { email: `${email}${'e'.repeat(255 - email.length)}` });
  });

  it.each([
    ['1.10/e-mail › 256 characters', `x@${'y.'.repeat(125)}com.`.padEnd(256, 'e')],
    ['1.10/e-mail › no @', 'nobody'],
    ['1.10/e-mail › no domain', 'nobody@'],
    ['1.10/e-mail › no local part', '@example.com'],
    ['1.10/e-mail › two @', 'a@b@example.com'],
    ['1.10/e-mail › space', 'a b@example.com'],
    ['1.10/e-mail › missing', undefined],
  ])('%s → 400', async (_row, email) => {
    await refuse('user', { email }, 'email');
    await refuse('login', { email }, 'email');
  });
});

it.each([
  ['1.10/password › 8 characters', 'user', owls(8), 201],
  ['1.10/password › 128 characters', 'user', owls(128), 201],
  ['1.10/password › 7 characters → 400', 'user', owls(7), 400],
  ['1.10/password › 129 characters → 400', 'user', owls(129), 400],
  ['1.10/password › login with 1 character', 'login', 'x', 401],
  ['1.10/password › login with 128 characters', 'login', owls(128), 401],
  ['1.10/password › login with none → 400', 'login', '', 400],
  ['1.10/password › login with 129 characters → 400', 'login', owls(129), 400],
])('%s', async (...[, kind, password, status]) => {
  await make[kind]!({ password }).expect(status);
});

describe('connection string', () => {
  const longString = (length: number): string =>
    'postgres://u@db.example.com/d?application_name='.padEnd(length, 'x');

  it.each([
    ['1.10/connection string › postgres', 'postgres://u:p@db.example.com/d'],
    ['1.10/connection string › postgresql', 'postgresql://u:p@db.example.com:5432/d?sslmode=require'],
    ['1.10/connection string › 10 characters at least', 'postgres://u@h'],
    [
      '1.10/connection string › words that look like SQL',
      'postgres://u:sp_--%2F*%3Bdrop@db.example.com/d--x',
    ],
    ['1.10/connection string › 2,048 characters', longString(2_048)],
  ])('%s', async (_row, text) => {
    await accept('datasource', { connection_string: text });
  });

  it.each([
    ['1.10/connection string › 9 characters', 'postgres:'],
    ['1.10/connection string › 2,049 characters', longString(2_049)],
    ['1.10/connection string › another scheme', 'mysql://u:p@db.example.com/d'],
    ['1.10/connection string › no URL', 'host=db.example.com user=u'],
    ['1.10/connection string › no host', 'postgres:///d-a-t-a'],
    ['1.10/connection string › no text', 7],
  ])('%s → 400', async (_row, text) => {
    await refuse('datasource', { connection_string: text }, 'connection_string');
  });
});

it.each([
  ['1.10/SQL › 100,000 characters', `SELECT '${'x'.repeat(100_000 - 9)}'`, 201],
  ['1.10/SQL › 100,001 characters → 400', `SELECT '${'x'.repeat(100_001 - 9)}'`, 400],
  ['1.10/SQL › blank → 400', ' \n\t', 400],
  ['1.10/SQL › empty → 400', '', 400],
  ['1.10/SQL › missing → 400', undefined, 400],
])('%s', async (_row, sql, status) => {
  await make['query']!({ sql }).expect(status);
});

it('1.10/lengths count characters', async () => {
  await accept('query', { name: owls(255), description: owls(2_000), sql: `SELECT '${owls(99_991)}'` });
});

describe('text', () => {
  const raw = (text: string | Buffer) =>
    ground.editor
      .post('/dashboards')
      .set('Content-Type', 'application/json')
      .serialize((bytes) => bytes as string)
      .send(text);

  it.each<[string, string | Buffer]>([
    ['1.10/text › U+0000', '{"name":"a\\u0000"}'],
    ['1.10/text › lone surrogate', '{"name":"a\\udc00"}'],
    ['1.10/text › no valid UTF-8', Buffer.from('{"name":"\xff"}', 'latin1')],
    ['1.10/text › U+0000 in a search', ''],
  ])('%s → 400', async (row, text) => {
    if (row.endsWith('search')) await ground.viewer.get('/dashboards?search=a%00').expect(400);
    else await raw(text).expect(400);
  });
});

describe('opaque objects', () => {
  const nested = (levels: number): Json => (levels === 1 ? {} : { a: nested(levels - 1) });
  const ofBytes = (bytes: number): Json => ({ a: 'x'.repeat(bytes - '{"a":""}'.length) });
  const cases = [
    ['visualization', 'config'],
    ['tile', 'parameter_bindings'],
    ['node', 'meta'],
  ] as const;

  it.each(cases)('1.10/opaque objects › equal JSON value: %s %s', async (kind, field) => {
    const value = {
      a: [1, 'x', null, { b: { '': true } }],
      length: 0,
      constructor: 'c',
      'x.y': 1e-7,
      ü: '\n',
    };
    expect(await accept(kind, { [field]: value })).toHaveProperty(field, value);
  });

  it.each(cases)('1.10/opaque objects › 20 levels and 256 KiB: %s %s', async (kind, field) => {
    await accept(kind, { [field]: ofBytes(256 * 1024) });
    await refuse(kind, { [field]: ofBytes(256 * 1024 + 1) }, field);
    const deep = nested(20);
    expect(await accept(kind, { [field]: deep })).toHaveProperty(field, deep);
    await make[kind]!({ [field]: nested(21) }).expect(400);
  });

  it.each(cases)('1.10/opaque objects › no object → 400: %s %s', async (kind, field) => {
    for (const value of ['x', 7, ['x']]) await refuse(kind, { [field]: value }, field);
  });
});

it('1.10/names › on update', async () => {
  const id = await createSchedule(ground.editor, ground.queryId);
  await ground.editor.put(`/schedules/${id}`).send({ name: ' ' }).expect(400);
  await ground.editor.put(`/queries/${ground.queryId}`).send({ name: '' }).expect(400);
});
