import { createCertificate } from '@loupe/common/testing';
import { connectionString, createDatasource, createQuery, createRun } from '../../testing/resources';
import { type Client, startTestApi, type TestApi } from '../../testing/test-api';

let api: TestApi;
let admin: Client;
let editor: Client;
let viewer: Client;
let orgId: string;
beforeAll(async () => {
  api = await startTestApi();
  const member = await api.member();
  orgId = member.orgId;
  admin = api.as(member);
  editor = api.as(await api.member({ orgId, role: 'editor' }));
  viewer = api.as(await api.member({ orgId, role: 'viewer' }));
});
afterAll(() => api.close());

const unknownId = '00000000-0000-7000-8000-000000000000';
const settings = { host: 'warehouse.example.com', database: 'sales', user: 'reader', password: 'a-secret' };

async function secretsOf(id: string): Promise<number> {
  const text =
    'SELECT count(datasource_id)::int AS n FROM datasource_secrets WHERE org_id = $1 AND datasource_id = $2';
  return (await api.app.one<{ n: number }>({ name: 'test.secrets', text, values: [orgId, id] })).n;
}

async function sealedOf(id: string): Promise<unknown> {
  const text = 'SELECT sealed FROM datasource_secrets WHERE datasource_id = $1';
  return (await api.runner.one<{ sealed: unknown }>({ name: 'test.sealed', text, values: [id] })).sealed;
}

async function rowOf(id: string) {
  const text = 'SELECT settings, version, deleted_at FROM datasources WHERE id = $1';
  return api.app.one<{ settings: object; version: number; deleted_at: Date | null }>({
    name: 'test.datasource',
    text,
    values: [id],
  });
}

describe('POST /datasources', () => {
  it('stores a connection string as typed settings, its password sealed, and returns neither', async () => {
    const { body, text } = await admin
      .post('/datasources')
      .send({ name: '[Warehouse] – 1', connection_string: connectionString })
      .expect(201);
    expect(body).toEqual({
      id: expect.any(String),
      org_id: orgId,
      name: '[Warehouse] – 1',
      ds_type: 'postgres',
      version: 1,
      created_by: expect.any(String),
      created_at: expect.stringMatching(/Z$/),
      updated_at: body.created_at,
    });
    expect(text).not.toMatch(/a-secret|warehouse\.example/);
    const row = await rowOf(body.id);
    expect(row.settings).toEqual({
      host: 'warehouse.example.com',
      port: 5432,
      database: 'sales',
      user: 'reader',
      tls: { mode: 'prefer' },
    });
    expect(await sealedOf(body.id)).toMatchObject({
      v: 1,
      key_version: expect.any(String),
      ct: expect.any(String),
    });
  });

  it('takes typed settings, which verify the server fully unless they say otherwise', async () => {
    const id = await createDatasource(admin, { connection_string: undefined, settings });
    expect((await rowOf(id)).settings).toMatchObject({ tls: { mode: 'verify-full' } });
  });

  it('needs no secret', async () => {
    const id = await createDatasource(admin, { connection_string: 'postgres://reader@db.example.com/sales' });
    expect(await secretsOf(id)).toBe(0);
  });

  it.each([
    ['neither form', { connection_string: undefined }, /connection_string or settings/],
    ['both forms', { settings }, /together/],
    ['an unknown type', { ds_type: 'oracle' }, /ds_type/],
    ['a blank name', { name: '  ' }, /name/],
    ['a line break in the name', { name: 'a\nb' }, /control/],
    ['another scheme', { connection_string: 'mysql://reader@db.example.com/sales' }, /connection_string/],
    [
      'a dangerous option',
      { connection_string: 'postgres://u@h.example.com/d?sslrootcert=/etc/passwd' },
      /option/,
    ],
    ['no host', { connection_string: 'postgres:///sales' }, /connection_string/],
  ])('refuses %s', async (_what, more, words) => {
    const request = { name: 'x', connection_string: connectionString, ...more };
    const { body } = await admin.post('/datasources').send(request).expect(400);
    expect(body.message).toMatch(words);
    expect(body.message).not.toContain('a-secret');
  });

  it('names each field of the settings that breaks a rule', async () => {
    const { body } = await admin
      .post('/datasources')
      .send({ name: 'x', settings: { host: 'a b', port: 70_000, database: 'd', user: 'u', evil: 1 } })
      .expect(400);
    expect(Object.keys(body.details.fields).sort()).toEqual([
      'settings.evil',
      'settings.host',
      'settings.port',
    ]);
  });

  it('accepts passwords that look like SQL', async () => {
    await createDatasource(admin, { connection_string: 'postgres://u:sp_--%3B%2F*@h.example.com/d' });
  });

  it('is for admins', async () => {
    for (const client of [editor, viewer]) {
      const { body } = await client
        .post('/datasources')
        .send({ name: 'x', connection_string: connectionString })
        .expect(403);
      expect(body.message).toContain('admin');
      expect(body.error.type).toBe('forbidden');
    }
  });

  it('logs no secret', () => {
    expect(api.log()).not.toContain('a-secret');
  });
});

describe('PUT /datasources/{id}', () => {
  it('with nothing in it changes nothing', async () => {
    const id = await createDatasource(admin);
    const { body: before } = await admin.get(`/datasources/${id}`).expect(200);
    const { body: after } = await admin.put(`/datasources/${id}`).send({}).expect(200);
    expect(after).toEqual(before);
    const { body: same } = await admin.put(`/datasources/${id}`).send({ name: before.name }).expect(200);
    expect(same).toEqual(before);
  });

  it('renames under a new version', async () => {
    const id = await createDatasource(admin);
    const { body } = await admin
      .put(`/datasources/${id}`)
      .send({ name: 'Renamed', ds_type: null })
      .expect(200);
    expect(body).toMatchObject({ name: 'Renamed', version: 2 });
    expect(body.updated_at).not.toBe(body.created_at);
  });

  it('replaces the connection and its secret under a new version', async () => {
    const id = await createDatasource(admin);
    const before = await sealedOf(id);
    const { body } = await admin
      .put(`/datasources/${id}`)
      .send({ connection_string: 'postgres://other:new-secret@elsewhere.example.com/sales' })
      .expect(200);
    expect(body.version).toBe(2);
    expect(await sealedOf(id)).not.toEqual(before);
  });

  it.each([
    ['host', 'postgres://reader@elsewhere.example.com:5432/sales'],
    ['port', 'postgres://reader@warehouse.example.com:5433/sales'],
    ['user', 'postgres://other@warehouse.example.com:5432/sales'],
    ['TLS', 'postgres://reader@warehouse.example.com:5432/sales?sslmode=disable'],
  ])('asks for the secret again when the %s changes', async (_what, text) => {
    const id = await createDatasource(admin);
    const { body } = await admin.put(`/datasources/${id}`).send({ connection_string: text }).expect(400);
    expect(body.details.fields).toHaveProperty('connection_string');
    expect(await rowOf(id)).toMatchObject({
      version: 1,
      settings: { host: 'warehouse.example.com', port: 5432 },
    });
  });

  it('asks for all of several secrets when one is given', async () => {
    const { cert, key } = await createCertificate('warehouse.example.com');
    const whole = { ...settings, tls: { cert, key } };
    const id = await createDatasource(admin, { connection_string: undefined, settings: whole });
    const before = await sealedOf(id);
    const partial = { ...whole, host: 'elsewhere.example.com', password: null };
    const { body } = await admin.put(`/datasources/${id}`).send({ settings: partial }).expect(400);
    expect(body.details.fields.settings).toContain('missing: password');
    expect(await sealedOf(id)).toEqual(before);
    await admin
      .put(`/datasources/${id}`)
      .send({ settings: { ...partial, password: 'new' } })
      .expect(200);
    expect(await rowOf(id)).toMatchObject({ version: 2, settings: { host: 'elsewhere.example.com' } });
  });

  it('destroys a secret that is no longer wanted', async () => {
    const open = { ...settings, password: undefined };
    const tls = await createCertificate('warehouse.example.com');
    const id = await createDatasource(admin, { connection_string: undefined, settings: { ...open, tls } });
    expect(await secretsOf(id)).toBe(1);
    await admin.put(`/datasources/${id}`).send({ settings: open }).expect(200);
    expect(await secretsOf(id)).toBe(0);
    await admin
      .put(`/datasources/${id}`)
      .send({ settings: { ...open, host: 'other.example.com' } })
      .expect(200);
  });

  it('keeps the secret when only the database changes', async () => {
    const id = await createDatasource(admin);
    const before = await sealedOf(id);
    await admin
      .put(`/datasources/${id}`)
      .send({ connection_string: 'postgres://reader@warehouse.example.com:5432/archive' })
      .expect(200);
    expect(await sealedOf(id)).toEqual(before);
    expect(await rowOf(id)).toMatchObject({ version: 2, settings: { database: 'archive' } });
  });

  it('refuses others than admins, bad input and unknown ids', async () => {
    const id = await createDatasource(admin);
    await editor.put(`/datasources/${id}`).send({ name: 'x' }).expect(403);
    await admin.put(`/datasources/${id}`).send({ name: 7 }).expect(400);
    await admin.put(`/datasources/${id}`).send({ settings, connection_string: connectionString }).expect(400);
    await admin.put(`/datasources/${unknownId}`).send({ name: 'x' }).expect(404);
  });
});

describe('DELETE /datasources/{id}', () => {
  it('takes its queries along under one stamp, destroys its secret and cancels its live runs', async () => {
    const id = await createDatasource(admin);
    const queryId = await createQuery(admin, id);
    const runId = await createRun(admin, queryId);
    const { text } = await admin.delete(`/datasources/${id}`).expect(204);
    expect(text).toBe('');
    await admin.get(`/datasources/${id}`).expect(404);
    await admin.get(`/queries/${queryId}`).expect(404);
    await admin.post('/runs').send({ query_id: queryId }).expect(404);
    await admin.post('/queries').send({ datasource_id: id, name: 'x', sql: 'SELECT 1' }).expect(404);
    expect(await secretsOf(id)).toBe(0);
    const { body: run } = await admin.get(`/runs/${runId}`).expect(200);
    expect(run.status).toBe('cancelled');
    const stamps = await api.app.rows<{ same: boolean }>({
      name: 'test.stamps',
      text: `SELECT d.deleted_at = q.deleted_at AS same FROM datasources d JOIN queries q ON q.datasource_id = d.id WHERE d.id = $1`,
      values: [id],
    });
    expect(stamps).toEqual([{ same: true }]);
  });

  it('answers 404 the second time, and to others than admins 403', async () => {
    const id = await createDatasource(admin);
    await editor.delete(`/datasources/${id}`).expect(403);
    await admin.delete(`/datasources/${id}`).expect(204);
    await admin.delete(`/datasources/${id}`).expect(404);
  });

  it('racing with a new query leaves no query without a datasource', async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, () => createDatasource(admin)));
    await Promise.all(
      ids.flatMap((id) => [
        admin.delete(`/datasources/${id}`),
        admin.post('/queries').send({ datasource_id: id, name: 'Racing', sql: 'SELECT 1' }),
      ]),
    );
    const orphans = await api.app.rows({
      name: 'test.orphans',
      text: `SELECT FROM queries q JOIN datasources d ON d.id = q.datasource_id
             WHERE d.id = ANY ($1) AND q.deleted_at IS NULL AND d.deleted_at IS NOT NULL`,
      values: [ids],
    });
    expect(orphans).toEqual([]);
  });
});

describe('GET /datasources', () => {
  it('lists what there is to viewers, found by a part of its name', async () => {
    await createDatasource(admin, { name: 'Find_me 100%' });
    const { body } = await viewer.get('/datasources?search=find_ME%20100%25&sort_by=name').expect(200);
    expect(body).toMatchObject({
      total: 1,
      page: 1,
      per_page: 20,
      total_pages: 1,
      has_next: false,
      has_prev: false,
    });
    expect(body.data).toHaveLength(1);
    const { body: none } = await viewer.get('/datasources?search=findXme').expect(200);
    expect(none).toMatchObject({ data: [], total: 0, total_pages: 0 });
    await viewer.get('/datasources?sort_by=settings').expect(400);
  });

  it('pages without gaps', async () => {
    const { body: first } = await viewer.get('/datasources?limit=2&sort=name').expect(200);
    const { body: second } = await viewer.get('/datasources?limit=2&offset=2&sort=name').expect(200);
    expect(first).toMatchObject({ has_next: true, has_prev: false });
    expect(second).toMatchObject({ page: 2, has_prev: true, total: first.total });
    const ids = [...first.data, ...second.data].map(({ id }: { id: string }) => id);
    expect(new Set(ids).size).toBe(4);
  });

  it('needs a token', async () => {
    await api.anonymous.get('/api/v1/datasources').expect(401);
  });
});
