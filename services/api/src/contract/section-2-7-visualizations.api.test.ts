import { type Ground, openGround, unknownId } from '../testing/contract/ground';
import { createDatasource, createQuery, createVisualization } from '../testing/resources';

let ground: Ground;
let foreignQuery: string;
beforeAll(async () => {
  ground = await openGround();
  foreignQuery = await createQuery(ground.stranger, await createDatasource(ground.stranger));
});
afterAll(() => ground.close());

const create = (fields: object = {}) =>
  ground.editor
    .post('/visualizations')
    .send({ query_id: ground.queryId, name: 'Sales', chart_type: 'bar', ...fields });

/** Every key that the frontend keeps there. */
const config = {
  label: 'Sales',
  columns: [{ key: 'n', label: 'Number', width: 120, align: 'right', format: 'number' }],
  ...{
    x_axis: 'day',
    y_axis: ['n', 'm'],
    series_column: null,
    stacked: false,
    show_legend: true,
    show_grid: true,
  },
  ...{ value_column: 'n', prefix: '€', suffix: '', thresholds: [{ value: 10.5, color: '#ff0000' }] },
  ...{ label_column: 'day', donut: true, colors: ['#fff'], unknown: { to: ['the server', null] } },
};

const fieldRows: [string, object, number][] = [
  ['2.7/query_id › absent → 400', { query_id: undefined }, 400],
  ['2.7/query_id › no UUID → 400', { query_id: 'x' }, 400],
  ['2.7/query_id › unknown → 404', { query_id: unknownId }, 404],
  ['2.7/name › absent → 400', { name: undefined }, 400],
  ['2.7/name › empty → 400', { name: '' }, 400],
  ['2.7/name › 255 characters', { name: 'x'.repeat(255) }, 201],
  ['2.7/name › 256 characters → 400', { name: 'x'.repeat(256) }, 400],
  ['2.7/chart_type › absent → 400', { chart_type: undefined }, 400],
  ['2.7/chart_type › table', { chart_type: 'table' }, 201],
  ['2.7/chart_type › line', { chart_type: 'line' }, 201],
  ['2.7/chart_type › bar', { chart_type: 'bar' }, 201],
  ['2.7/chart_type › pie', { chart_type: 'pie' }, 201],
  ['2.7/chart_type › single_stat', { chart_type: 'single_stat' }, 201],
  ['2.7/chart_type › another → 400', { chart_type: 'area' }, 400],
  ['2.7/config › every key of the frontend, unchanged', { config }, 201],
  ['2.7/config › a text → 400', { config: '{}' }, 400],
  ['2.7/config › an array → 400', { config: [] }, 400],
  ['2.7/tags › 50', { tags: Array.from({ length: 50 }, (_, n) => `t${n}`) }, 201],
  ['2.7/tags › 51 → 400', { tags: Array.from({ length: 51 }, (_, n) => `t${n}`) }, 400],
];

it.each(fieldRows)('%s', async (_row, fields, status) => {
  const { body } = await create(fields).expect(status);
  if (status === 201) expect(body).toMatchObject(fields);
  if (status === 400) expect(Object.keys(body.details.fields)).toEqual(Object.keys(fields));
});

describe('on update', () => {
  const given = fieldRows.filter(([, fields]) => !Object.values(fields).includes(undefined));

  it.each(given)('%s', async (_row, fields, status) => {
    const id = await createVisualization(ground.editor, ground.queryId);
    const { body } = await ground.editor
      .put(`/visualizations/${id}`)
      .send(fields)
      .expect(status === 201 ? 200 : status);
    if (status === 201) expect(body).toMatchObject(fields);
  });

  it('2.7/config › is replaced as a whole', async () => {
    const id = await createVisualization(ground.editor, ground.queryId, { config });
    const { body } = await ground.editor
      .put(`/visualizations/${id}`)
      .send({ config: { a: 1 } })
      .expect(200);
    expect(body.config).toEqual({ a: 1 });
  });

  it('2.7/query_id › is applied', async () => {
    const id = await createVisualization(ground.editor, ground.queryId);
    const other = await createQuery(ground.editor, ground.datasourceId);
    const { body } = await ground.editor.put(`/visualizations/${id}`).send({ query_id: other }).expect(200);
    expect(body.query_id).toBe(other);
    await ground.editor.put(`/visualizations/${id}`).send({ query_id: foreignQuery }).expect(404);
  });
});

it.each([
  ['2.7/config › default {}', 'config', {}],
  ['2.7/tags › default []', 'tags', []],
] as const)('%s', async (_row, field, value) => {
  for (const fields of [{}, { [field]: null }])
    expect((await create(fields).expect(201)).body[field]).toEqual(value);
});

it('2.7/query_id › another organization’s → 404', async () => {
  await create({ query_id: foreignQuery }).expect(404);
});

it.each(['delete', 'put', 'get'] as const)(
  '2.7/another organization’s visualization › %s → 404',
  async (method) => {
    const id = await createVisualization(ground.editor, ground.queryId);
    await ground.stranger[method](`/visualizations/${id}`).send({ name: 'x' }).expect(404);
    await ground.viewer.get(`/visualizations/${id}`).expect(200);
  },
);
