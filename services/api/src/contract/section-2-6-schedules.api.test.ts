import { type Ground, openGround, unknownId } from '../testing/contract/ground';
import { createDatasource, createQuery, createSchedule } from '../testing/resources';

let ground: Ground;
let withDefinition: string;
let foreignQuery: string;
beforeAll(async () => {
  ground = await openGround();
  const { editor, stranger, datasourceId } = ground;
  const parameters = [{ name: 'n', param_type: 'number', default: null, required: true }];
  withDefinition = await createQuery(editor, datasourceId, { sql: 'SELECT $n::int', parameters });
  foreignQuery = await createQuery(stranger, await createDatasource(stranger));
});
afterAll(() => ground.close());

const smallest = () => ({ query_id: ground.queryId, name: 'Hourly', cron_expression: '0 * * * *' });
const create = (fields: object = {}) => ground.editor.post('/schedules').send({ ...smallest(), ...fields });
const many = (length: number): string[] => Array.from({ length }, (_, n) => `t${n}`);

const fieldRows: [string, object, number][] = [
  ['2.6/query_id › absent → 400', { query_id: undefined }, 400],
  ['2.6/query_id › null → 400', { query_id: null }, 400],
  ['2.6/query_id › no UUID → 400', { query_id: 'x' }, 400],
  ['2.6/query_id › unknown → 404', { query_id: unknownId }, 404],
  ['2.6/name › absent → 400', { name: undefined }, 400],
  ['2.6/name › blank → 400', { name: '  ' }, 400],
  ['2.6/name › 255 characters', { name: 'ä'.repeat(255) }, 201],
  ['2.6/name › 256 characters → 400', { name: 'x'.repeat(256) }, 400],
  ['2.6/name › as clients make it', { name: '[Canvas] Umsätze … Schedule' }, 201],
  ['2.6/cron_expression › absent → 400', { cron_expression: undefined }, 400],
  ['2.6/cron_expression › empty → 400', { cron_expression: '' }, 400],
  ['2.6/cron_expression › 100 characters', { cron_expression: `${many(31).map((t) => t.slice(1)).join(',')} 0 1,2,3 * *`.padEnd(100) }, 201],
  ['2.6/cron_expression › 101 characters → 400', { cron_expression: '0 * * * *'.padEnd(101) }, 400],
  ['2.6/cron_expression › not of the dialect → 400', { cron_expression: 'hourly' }, 400],
  ['2.6/parameters › an array → 400', { parameters: [] }, 400],
  ['2.6/parameters › names that nothing uses', { parameters: { stranger: [1, { a: null }] } }, 201],
  ['2.6/tags › 50', { tags: many(50) }, 201],
  ['2.6/tags › 51 → 400', { tags: many(51) }, 400],
  ['2.6/enabled › a text → 400', { enabled: 'true' }, 400],
  ['2.6/enabled › false', { enabled: false }, 201],
]; // prettier-ignore

describe('POST /schedules', () => {
  it.each(fieldRows)('%s', async (_row, fields, status) => {
    const { body } = await create(fields).expect(status);
    if (status === 201) expect(body).toMatchObject(fields);
    if (status === 400) expect(Object.keys(body.details.fields)).toEqual(Object.keys(fields));
  });

  it.each<[string, string, object]>([
    ['2.6/parameters › default {}', 'parameters', {}],
    ['2.6/tags › default []', 'tags', []],
  ])('%s', async (_row, field, value) => {
    for (const fields of [{}, { [field]: null }])
      expect((await create(fields).expect(201)).body[field]).toEqual(value);
  });

  it('2.6/enabled › default true', async () => {
    for (const fields of [{}, { enabled: null }])
      expect((await create(fields).expect(201)).body.enabled).toBe(true);
  });

  it('2.6/query_id › another organization’s → 404', async () => {
    await create({ query_id: foreignQuery }).expect(404);
  });

  it.each<[string, object, number]>([
    ['2.6/parameters are held against the definitions › a value of the type', { n: 5 }, 201],
    ['2.6/parameters are held against the definitions › the text of one', { n: '5' }, 201],
    ['2.6/parameters are held against the definitions › another type → 400', { n: 'many' }, 400],
    ['2.6/parameters are held against the definitions › none, though required → 400', {}, 400],
    ['2.6/parameters are held against the definitions › an empty text counts as none → 400', { n: '' }, 400],
  ])('%s', async (_row, parameters, status) => {
    const { body } = await create({ query_id: withDefinition, parameters }).expect(status);
    if (status === 201) expect(body.parameters).toEqual(parameters);
    else expect(Object.keys(body.details.fields)).toEqual(['parameters.n']);
  });
});

describe.each(['put', 'patch'] as const)('%s /schedules/{id}', (method) => {
  const optional = fieldRows.filter(
    ([, fields, status]) =>
      status !== 400 || !Object.values(fields).some((value) => value === undefined || value === null),
  );

  it.each(optional)('%s', async (_row, fields, status) => {
    const id = await createSchedule(ground.editor, ground.queryId);
    const { body } = await ground.editor[method](`/schedules/${id}`)
      .send(fields)
      .expect(status === 201 ? 200 : status);
    if (status === 201) expect(body).toMatchObject(fields);
  });

  it('2.6/PATCH and PUT are partial › absent and null keep what there is', async () => {
    const whole = { ...smallest(), parameters: { a: 1 }, tags: ['t'], enabled: false };
    const { body: before } = await create(whole).expect(201);
    const nulls = Object.fromEntries(Object.keys(whole).map((field) => [field, null]));
    for (const change of [{}, nulls]) {
      const { body } = await ground.editor[method](`/schedules/${before.id}`).send(change).expect(200);
      expect(body).toEqual(before);
    }
  });

  it('2.6/query_id › is applied on update', async () => {
    const id = await createSchedule(ground.editor, ground.queryId);
    const other = await createQuery(ground.editor, ground.datasourceId);
    const { body } = await ground.editor[method](`/schedules/${id}`).send({ query_id: other }).expect(200);
    expect(body.query_id).toBe(other);
    await ground.editor[method](`/schedules/${id}`).send({ query_id: foreignQuery }).expect(404);
  });
});

it('2.6/schedule object', async () => {
  const { body } = await create({ tags: ['a'], parameters: { z: 1, a: '' } }).expect(201);
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
  expect(body).toMatchObject({
    ...{ id: expect.any(String), org_id: ground.orgId, query_id: ground.queryId, name: 'Hourly' },
    ...{ cron_expression: '0 * * * *', parameters: { z: 1, a: '' }, tags: ['a'], enabled: true },
    ...{ last_run_at: null, next_run_at: time, created_by: ground.members.editor.userId },
    ...{ created_at: time, updated_at: time },
  });
  expect((await ground.viewer.get(`/schedules/${body.id}`).expect(200)).body).toEqual(body);
});

it('2.6/trigger › answers run_id and message, and last_run_at becomes now', async () => {
  const id = await createSchedule(ground.editor, ground.queryId, { enabled: false });
  const { body } = await ground.editor.post(`/schedules/${id}/trigger`).expect(200);
  expect(body).toEqual({ run_id: expect.any(String), message: expect.stringMatching(/./) });
  const { body: after } = await ground.viewer.get(`/schedules/${id}`).expect(200);
  const { body: run } = await ground.viewer.get(`/runs/${body.run_id}`).expect(200);
  expect(new Date(after.last_run_at).getTime()).toBeGreaterThanOrEqual(
    new Date(run.created_at).getTime() - 1,
  );
  expect(after).toMatchObject({ enabled: false, next_run_at: null });
});

it.each(['delete', 'put', 'patch', 'get'] as const)(
  '2.6/another organization’s schedule › %s → 404',
  async (method) => {
    const id = await createSchedule(ground.editor, ground.queryId);
    await ground.stranger[method](`/schedules/${id}`).send({ name: 'x' }).expect(404);
    await ground.viewer.get(`/schedules/${id}`).expect(200);
  },
);
