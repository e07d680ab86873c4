import { createDatasource, createQuery, createSchedule } from '../../testing/resources';
import { type Client, startTestApi, type TestApi } from '../../testing/test-api';

let api: TestApi;
let admin: Client;
let editor: Client;
let viewer: Client;
let stranger: Client;
let orgId: string;
let datasourceId: string;
let queryId: string;
beforeAll(async () => {
  api = await startTestApi();
  const member = await api.member();
  orgId = member.orgId;
  admin = api.as(member);
  datasourceId = await createDatasource(admin);
  queryId = await createQuery(admin, datasourceId);
  editor = api.as(await api.member({ orgId, role: 'editor' }));
  viewer = api.as(await api.member({ orgId, role: 'viewer' }));
  stranger = api.as(await api.member());
});
afterAll(() => api.close());

const unknownId = '00000000-0000-7000-8000-000000000000';
const create = (fields: object = {}) =>
  editor
    .post('/schedules')
    .send({ query_id: queryId, name: 'Nightly', cron_expression: '0 3 * * *', ...fields });

/** Milliseconds from now to a time that was answered. */
const until = (time: string): number => new Date(time).getTime() - Date.now();

const withParameter = (choices: object = {}) =>
  createQuery(editor, datasourceId, {
    sql: 'SELECT $n::int',
    parameters: [{ name: 'n', param_type: 'number', default: null, required: true, ...choices }],
  });

describe('POST /schedules', () => {
  it('fills in the defaults and says when it runs next', async () => {
    const { body } = await create({ parameters: null, tags: null, enabled: null, timezone: null }).expect(
      201,
    );
    expect(body).toEqual({
      ...{ id: expect.any(String), org_id: orgId, query_id: queryId, name: 'Nightly' },
      ...{ cron_expression: '0 3 * * *', timezone: 'UTC', parameters: {}, tags: [], enabled: true },
      ...{ last_run_at: null, next_run_at: expect.stringMatching(/T03:00:00\.000Z$/), version: 1 },
      ...{ created_by: expect.any(String), created_at: expect.stringMatching(/Z$/), updated_at: body.created_at },
    }); // prettier-ignore
    expect(until(body.next_run_at)).toBeLessThanOrEqual(86_400_000);
    expect(until(body.next_run_at)).toBeGreaterThan(-60_000);
  });

  it.each(['* * * * *', '0 */6 * * *', '0 0 * * 1', '30 0 9 ? * mon-FRI', '@daily', ' 0  0 1 * * '])(
    'keeps %j as it was sent',
    async (expression) => {
      const { body } = await create({ cron_expression: expression }).expect(201);
      expect(body.cron_expression).toBe(expression);
    },
  );

  it('reads the expression on the clocks of its time zone', async () => {
    const { body } = await create({ cron_expression: '30 9 * * *', timezone: 'Asia/Kolkata' }).expect(201);
    expect(body).toMatchObject({ timezone: 'Asia/Kolkata', next_run_at: expect.stringMatching(/T04:00:00/) });
  });

  it('has no next time when it is made disabled', async () => {
    const { body } = await create({ enabled: false }).expect(201);
    expect(body).toMatchObject({ enabled: false, next_run_at: null });
  });

  it.each<[string, object, string]>([
    ['no query', { query_id: null }, 'query_id'],
    ['no name', { name: undefined }, 'name'],
    ['a name with a line break', { name: 'a\nb' }, 'name'],
    ['a name of 256 characters', { name: 'x'.repeat(256) }, 'name'],
    ['no expression', { cron_expression: undefined }, 'cron_expression'],
    ['an empty expression', { cron_expression: '' }, 'cron_expression'],
    ['an expression of 101 characters', { cron_expression: '0 0 1 1 1'.padEnd(101) }, 'cron_expression'],
    ['four fields', { cron_expression: '* * * *' }, 'cron_expression'],
    ['seven fields', { cron_expression: '0 0 0 1 1 ? 2030' }, 'cron_expression'],
    ['a minute that there is not', { cron_expression: '60 * * * *' }, 'cron_expression'],
    ['a day that never comes', { cron_expression: '0 0 30 2 *' }, 'cron_expression'],
    ['more often than once a minute', { cron_expression: '*/30 * * * * *' }, 'cron_expression'],
    ['an unknown time zone', { timezone: 'Mars/Olympus' }, 'timezone'],
    ['an offset for a time zone', { timezone: '+02:00' }, 'timezone'],
    ['a list of parameters', { parameters: [] }, 'parameters'],
    ['parameters of more than 256 KiB', { parameters: { text: 'x'.repeat(256 * 1024) } }, 'parameters'],
    ['51 tags', { tags: Array.from({ length: 51 }, (_, i) => `t${i}`) }, 'tags'],
    ['a word for enabled', { enabled: 'maybe' }, 'enabled'],
  ])('refuses %s', async (_what, fields, field) => {
    const { body } = await create(fields).expect(400);
    expect(Object.keys(body.details.fields)).toEqual([field]);
    expect(body.error.type).toBe('bad_request');
  });

  it('holds its parameters against the definitions of the query', async () => {
    const query = await withParameter();
    const { body } = await create({ query_id: query, parameters: { n: 'many' } }).expect(400);
    expect(body.details.fields).toEqual({ 'parameters.n': 'must be a number' });
    // What a form stores for a field left blank.
    await create({ query_id: query, parameters: { n: '' } }).expect(400);
    await create({ query_id: await withParameter({ required: false }), parameters: { n: '' } }).expect(201);
    await create({ query_id: await withParameter({ default: '7' }), parameters: { n: '' } }).expect(201);
    const { body: kept } = await create({ query_id: query, parameters: { n: '5', other: [1] } }).expect(201);
    expect(kept.parameters).toEqual({ n: '5', other: [1] });
  });

  it('refuses a query that is unknown or another organization’s, viewers, and requests without a token', async () => {
    const theirs = await createQuery(stranger, await createDatasource(stranger));
    for (const id of [unknownId, theirs]) {
      const { body } = await create({ query_id: id }).expect(404);
      expect(body.message).toBe('Query not found');
    }
    const request = { query_id: queryId, name: 'x', cron_expression: '0 0 * * *' };
    await viewer.post('/schedules').send(request).expect(403);
    await api.anonymous.post('/api/v1/schedules').send(request).expect(401);
  });
});

describe.each(['put', 'patch'] as const)('%s /schedules/{id}', (method) => {
  it('keeps absent fields and nulls, and a new name moves no time', async () => {
    const { body: before } = await create({ tags: ['t'], parameters: { a: 1 } }).expect(201);
    const change = { name: 'Renamed', tags: null, cron_expression: null, parameters: null, enabled: null };
    const { body: after } = await editor[method](`/schedules/${before.id}`).send(change).expect(200);
    expect(after).toEqual({ ...before, name: 'Renamed', version: 2, updated_at: after.updated_at });
  });

  it('with what it has changes nothing', async () => {
    const { body: before } = await create({ tags: ['t'], parameters: { a: [1] } }).expect(201);
    for (const change of [{}, before]) {
      expect((await editor[method](`/schedules/${before.id}`).send(change).expect(200)).body).toEqual(before);
    }
  });

  it('reckons the next time anew for another expression or time zone', async () => {
    const { body: before } = await create().expect(201);
    const change = async (fields: object) =>
      (await editor[method](`/schedules/${before.id}`).send(fields).expect(200)).body.next_run_at;
    expect(await change({ cron_expression: '15 4 * * *' })).toMatch(/T04:15:00/);
    expect(await change({ timezone: 'Asia/Kolkata' })).toMatch(/T22:45:00/);
  });

  it('switches it off and on', async () => {
    const { body: before } = await create().expect(201);
    const change = async (enabled: boolean) =>
      (await editor[method](`/schedules/${before.id}`).send({ enabled }).expect(200)).body;
    expect(await change(false)).toMatchObject({ enabled: false, next_run_at: null });
    expect(await change(true)).toMatchObject({ enabled: true, next_run_at: before.next_run_at });
  });

  it('moves to another query, if that is there and takes its parameters', async () => {
    const { body: before } = await create().expect(201);
    const send = (fields: object) => editor[method](`/schedules/${before.id}`).send(fields);
    const other = await withParameter();
    await send({ query_id: other }).expect(400);
    const { body } = await send({ query_id: other, parameters: { n: 1 } }).expect(200);
    expect(body).toMatchObject({ query_id: other, parameters: { n: 1 }, next_run_at: before.next_run_at });
    expect((await send({ query_id: unknownId }).expect(404)).body.message).toBe('Query not found');
    await send({ parameters: { n: 'x' } }).expect(400);
  });

  it('takes a new name even when the query has got other parameters meanwhile', async () => {
    const query = await createQuery(editor, datasourceId);
    const id = await createSchedule(editor, query);
    const definition = { name: 'n', param_type: 'number', required: true };
    await editor
      .put(`/queries/${query}`)
      .send({ sql: 'SELECT $n', parameters: [definition] })
      .expect(200);
    await editor[method](`/schedules/${id}`)
      .send({ name: 'New', query_id: query, parameters: {} })
      .expect(200);
  });

  it('refuses bad input, viewers, foreign and unknown ids, and requests without a token', async () => {
    const id = await createSchedule(editor, queryId);
    const { body } = await editor[method](`/schedules/${id}`)
      .send({ cron_expression: '61 * * * *' })
      .expect(400);
    expect(body.message).toContain('"61" is not within 0 to 59');
    await editor[method](`/schedules/${id}`).send({ timezone: 'x' }).expect(400);
    await viewer[method](`/schedules/${id}`).send({ name: 'x' }).expect(403);
    await stranger[method](`/schedules/${id}`).send({ name: 'x' }).expect(404);
    await editor[method](`/schedules/${unknownId}`).send({ name: 'x' }).expect(404);
    await editor[method]('/schedules/nonsense').send({ name: 'x' }).expect(404);
    await api.anonymous[method](`/api/v1/schedules/${id}`).send({ name: 'x' }).expect(401);
  });

  it('is refused to a client that has not seen the latest save; a fire is none', async () => {
    const { body, headers } = await create().expect(201);
    const send = (name: string, tag: string) =>
      editor[method](`/schedules/${body.id}`).set('If-Match', tag).send({ name });
    await api.database.asOwner(`UPDATE schedules SET last_run_at = now() WHERE id = $1`, [body.id]);
    const { headers: read } = await editor.get(`/schedules/${body.id}`).expect(200);
    expect(read.etag).not.toBe(headers.etag);
    await editor
      .get(`/schedules/${body.id}`)
      .set('If-None-Match', read.etag ?? '')
      .expect(304);
    await send('First', headers.etag ?? '').expect(200);
    const { body: refused } = await send('Second', headers.etag ?? '').expect(412);
    expect(refused.error.type).toBe('precondition_failed');
  });
});

describe('GET /schedules', () => {
  it('filters, searches and sorts, in the envelope of lists', async () => {
    const member = await api.member();
    const own = api.as(member);
    const query = await createQuery(own, await createDatasource(own));
    const early = await createSchedule(own, query, {
      name: 'b early',
      cron_expression: '* * * * *',
      tags: ['x'],
    });
    const off = await createSchedule(own, query, { name: 'a Off', enabled: false, tags: ['x', 'y'] });
    const late = await createSchedule(own, query, { name: 'c late', cron_expression: '0 0 1 1 *' });
    const list = async (parameters: string) => {
      const { body } = await own.get(`/schedules?${parameters}`).expect(200);
      return body.data.map(({ id }: { id: string }) => id);
    };
    expect(await list('')).toEqual([late, off, early]);
    expect(await list('enabled=true')).toEqual([late, early]);
    expect(await list('enabled=false')).toEqual([off]);
    expect(await list('sort_by=name&sort_direction=asc')).toEqual([off, early, late]);
    // What is disabled has no next time, and comes last either way.
    expect(await list('sort_by=next_run_at&sort_direction=asc')).toEqual([early, late, off]);
    expect(await list('sort_by=next_run_at')).toEqual([late, early, off]);
    expect(await list('search=OFF')).toEqual([off]);
    expect(await list('tags=x,y')).toEqual([off]);
    expect(await list(`created_by=${member.userId}&limit=1`)).toEqual([late]);
    const { body } = await own.get('/schedules?limit=2').expect(200);
    expect(body).toMatchObject({ total: 3, page: 1, per_page: 2, total_pages: 2, has_next: true });
    expect(body.data[0].cron_expression).toBe('0 0 1 1 *');
    const { body: first } = await own.get('/schedules?limit=2&sort_by=next_run_at').expect(200);
    expect(await list(`limit=2&sort_by=next_run_at&cursor=${first.next_cursor}`)).toEqual([off]);
    await own.get('/schedules?enabled=maybe').expect(400);
    await own.get('/schedules?sort_by=cron_expression').expect(400);
    await api.anonymous.get('/api/v1/schedules').expect(401);
    expect((await stranger.get('/schedules').expect(200)).body.total).toBe(0);
  });
});

describe('GET and DELETE /schedules/{id}', () => {
  it('reads one, and deletes it: its id is unknown from then on', async () => {
    const { body } = await create().expect(201);
    expect((await viewer.get(`/schedules/${body.id}`).expect(200)).body).toEqual(body);
    await viewer.delete(`/schedules/${body.id}`).expect(403);
    await api.anonymous.delete(`/api/v1/schedules/${body.id}`).expect(401);
    await stranger.delete(`/schedules/${body.id}`).expect(404);
    await editor.delete(`/schedules/${body.id}`).expect(204);
    await editor.delete(`/schedules/${body.id}`).expect(404);
    await editor.post(`/schedules/${body.id}/trigger`).expect(404);
    await viewer.get(`/schedules/${body.id}`).expect(404);
  });

  it('cannot tell another organization’s from an unknown one, and wants a token', async () => {
    const id = await createSchedule(editor, queryId);
    const [foreign, unknown] = [
      await stranger.get(`/schedules/${id}`).expect(404),
      await stranger.get(`/schedules/${unknownId}`).expect(404),
    ];
    expect(foreign.body.message).toBe(unknown.body.message);
    await api.anonymous.get(`/api/v1/schedules/${id}`).expect(401);
  });

  it.each(['query', 'datasource'])('goes with its %s', async (above) => {
    const datasource = await createDatasource(admin);
    const query = await createQuery(editor, datasource);
    const id = await createSchedule(editor, query);
    await admin.delete(above === 'query' ? `/queries/${query}` : `/datasources/${datasource}`).expect(204);
    await viewer.get(`/schedules/${id}`).expect(404);
  });
});
