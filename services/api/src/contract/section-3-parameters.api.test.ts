import { type Ground, openGround } from '../testing/contract/ground';
import { createQuery } from '../testing/resources';

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
});
afterAll(() => ground.close());

const save = (sql: string, parameters: object[] = []): Promise<string> =>
  createQuery(ground.editor, ground.datasourceId, { sql, parameters });

const run = (queryId: string, parameters?: object) =>
  ground.viewer.post('/runs').send({ query_id: queryId, parameters });

/** What a run executes: the statement with its padding taken out, and the values. */
async function boundOf(queryId: string, parameters?: object): Promise<[string, unknown[]]> {
  const { body } = await run(queryId, parameters).expect(201);
  const [row] = await ground.api.database.asOwner<{ statement: string; bound_values: unknown[] }>(
    'SELECT statement, bound_values FROM runs WHERE id = $1',
    [body.id],
  );
  return [row?.statement.replace(/ +/g, ' ').trim() ?? '', row?.bound_values ?? []];
}

const text = (...names: string[]) => names.map((name) => ({ name, param_type: 'string', required: true }));

describe('syntax', () => {
  it.each<[string, string, object, string, unknown[]]>([
    ['3.1/name › letters, digits and underscores', 'SELECT $a_1B', { a_1B: 'x' }, 'SELECT $1', ['x']],
    ['3.1/case-sensitive', 'SELECT $a, $A', { a: '1', A: '2' }, 'SELECT $1, $2', ['1', '2']],
    ['3.1/longest match', 'SELECT $id_type, $id', { id_type: 't', id: 'i' }, 'SELECT $1 , $2', ['t', 'i']],
    [
      '3.1/one value for every occurrence',
      'SELECT $x, $y, $x',
      { x: '1', y: '2' },
      'SELECT $1, $2, $1',
      ['1', '2'],
    ],
    ['3.1/values are bound', 'SELECT $x', { x: `'; DROP TABLE t; --` }, 'SELECT $1', [`'; DROP TABLE t; --`]],
    ['3.2/$name', 'SELECT a=$x::text', { x: '1' }, 'SELECT a=$1::text', ['1']],
  ])('%s', async (_row, ...[sql, values, statement, bound]) => {
    const id = await save(sql, text(...Object.keys(values)));
    expect(await boundOf(id, values)).toEqual([statement, bound]);
  });

  it('8/31 time placeholders of the canvas', async () => {
    const id = await save(`SELECT ':start', $start, $end`, text('start', 'end'));
    const values = { start: '2026-01-01', end: '2026-01-02' };
    expect(await boundOf(id, values)).toEqual([`SELECT ':start', $1 , $2`, ['2026-01-01', '2026-01-02']]);
    // It is nothing to PostgreSQL, whose words for it the save passes on.
    const sql = 'SELECT 1 WHERE now() > :start';
    const query = { datasource_id: ground.datasourceId, name: 'q', sql, parameters: text('start') };
    const { body } = await ground.editor.post('/queries').send(query).expect(400);
    expect(Object.keys(body.details.fields)).toEqual(['sql']);
  });

  it('3.1/$_x is none', async () => {
    // Nor is it anything to PostgreSQL, whose words for it the save passes on.
    const sql = 'SELECT $_x';
    const { body } = await ground.editor
      .post('/queries')
      .send({ datasource_id: ground.datasourceId, name: 'q', sql, parameters: text('x') })
      .expect(400);
    expect(Object.keys(body.details.fields)).toEqual(['sql']);
  });

  it('3.1/a definition that the SQL does not use', async () => {
    const parameters = ['start', 'end'].map((name) => ({ name, param_type: 'datetime', required: true }));
    const id = await save('SELECT 1', parameters);
    expect(await boundOf(id, {})).toEqual(['SELECT 1', []]);
    expect(await boundOf(id, { start: 'not a time', end: null })).toEqual(['SELECT 1', []]);
  });
});

describe('where $ is no parameter', () => {
  it.each([
    ['3.2/string', `SELECT 'it''s $x'`],
    ['3.2/string › with backslashes', `SELECT E'\\'$x'`],
    ['3.2/quoted identifier', 'SELECT 1 AS "$x ""$x"'],
    ['3.2/comment to the end of the line', 'SELECT 1 -- $x\n'],
    ['3.2/comment, nested', 'SELECT /* $x /* $x */ $x */ 1'],
    ['3.2/dollar-quoted string', 'SELECT $$ $x $$'],
    ['3.2/dollar-quoted string with a tag', 'SELECT $tag$ $x $$ $tag$'],
    ['3.2/identifier with a dollar sign', 'SELECT a$b FROM (SELECT 1 AS a$b) t'],
  ])('%s', async (_row, sql) => {
    const id = await save(sql);
    expect(await boundOf(id)).toEqual([sql.replace(/ +/g, ' ').trim(), []]);
    await ground.editor.post('/runs/execute').send({ datasource_id: ground.datasourceId, sql }).expect(201);
  });

  it('3.2/$1 › is saved, and refused when it is run', async () => {
    const id = await save('SELECT $1::int');
    const { body } = await run(id).expect(400);
    expect(Object.keys(body.details.fields)).toEqual(['sql']);
  });

  it('3.2/checked although nothing is defined', async () => {
    const { body } = await run(await save('SELECT $x'), { x: 1 }).expect(400);
    expect(Object.keys(body.details.fields)).toEqual(['parameters.x']);
  });
});

describe('definitions', () => {
  const define = (parameters: unknown) =>
    ground.editor
      .post('/queries')
      .send({ datasource_id: ground.datasourceId, name: 'q', sql: 'SELECT 1', parameters });
  const definition = (fields: object = {}) => ({
    name: 'p',
    param_type: 'string',
    default: null,
    required: false,
    ...fields,
  });

  it.each<[string, unknown, number]>([
    ['3.3/name › invalid → 400', [definition({ name: '_x' })], 400],
    ['3.3/name › with a dollar sign → 400', [definition({ name: '$x' })], 400],
    ['3.3/name › begins with a digit → 400', [definition({ name: '1x' })], 400],
    ['3.3/name › repeated → 400', [definition(), definition()], 400],
    ['3.3/name › differs in case alone', [definition(), definition({ name: 'P' })], 201],
    ['3.3/param_type › another → 400', [definition({ param_type: 'integer' })], 400],
    ['3.3/param_type › the five', ['string', 'number', 'boolean', 'date', 'datetime'].map((type) => definition({ name: type, param_type: type })), 201],
    ['3.3/required › a text → 400', [definition({ required: 'yes' })], 400],
    ['3.3/default › any JSON value', [null, 1, 'x', true, [1], { a: null }].map((value, n) => definition({ name: `p${n}`, default: value })), 201],
    ['3.3/default › always a text, as the frontend sends it', [definition({ param_type: 'number', default: '5', required: true })], 201],
  ])('%s', async (_row, parameters, status) => {
    const { body } = await define(parameters).expect(status);
    if (status === 201) expect(body.parameters).toEqual(parameters);
  }); // prettier-ignore
});

describe('value, default, missing', () => {
  it.each<[string, object, unknown, string | null | 400]>([
    ['3.4/a supplied value', { param_type: 'number', default: 1 }, 2, '2'],
    [
      '3.4/a supplied value › an empty text is one for a string',
      { param_type: 'string', default: 'd' },
      '',
      '',
    ],
    ['3.4/an empty text counts as not supplied › number', { param_type: 'number', default: '7' }, '', '7'],
    [
      '3.4/an empty text counts as not supplied › boolean',
      { param_type: 'boolean', default: 'yes' },
      '',
      'true',
    ],
    ['3.4/an empty text counts as not supplied › date', { param_type: 'date', required: true }, '', 400],
    ['3.4/an empty text counts as not supplied › datetime', { param_type: 'datetime' }, '', null],
    ['3.4/else the default › absent', { param_type: 'string', default: 'd', required: true }, undefined, 'd'],
    ['3.4/else the default › null', { param_type: 'number', default: '5', required: true }, null, '5'],
    ['3.4/required without either', { param_type: 'string', required: true }, undefined, 400],
    ['3.4/required without either › null', { param_type: 'string', required: true }, null, 400],
    ['3.4/optional without either', { param_type: 'number' }, undefined, null],
  ])('%s', async (_row, ...[definition, value, bound]) => {
    const id = await save('SELECT $p', [{ name: 'p', default: null, required: false, ...definition }]);
    if (bound !== 400) expect((await boundOf(id, { p: value }))[1]).toEqual([bound]);
    else expect((await run(id, { p: value }).expect(400)).body.message).toContain('parameters.p is required');
  });

  it('3.4/no definition', async () => {
    await run(await save('SELECT $p, $q', text('p')), { p: '1', q: '2' }).expect(400);
  });

  it('3.4/supplied names without a definition are ignored', async () => {
    const id = await save('SELECT $p', text('p'));
    expect(await boundOf(id, { p: '1', q: {}, __q: null })).toEqual(['SELECT $1', ['1']]);
  });
});

describe('coercion', () => {
  it.each<[string, string, unknown, string | 400]>([
    ['3.5/string › text', 'string', 'ä', 'ä'],
    ['3.5/string › number', 'string', 1.5, '1.5'],
    ['3.5/string › boolean', 'string', false, 'false'],
    ['3.5/string › array → 400', 'string', [], 400],
    ['3.5/string › object → 400', 'string', {}, 400],
    ['3.5/number › number', 'number', -2.5, '-2.5'],
    ['3.5/number › text of one', 'number', '1e3', '1e3'],
    ['3.5/number › other text → 400', 'number', 'ten', 400],
    ['3.5/number › NaN → 400', 'number', 'NaN', 400],
    ['3.5/number › infinity → 400', 'number', 'Infinity', 400],
    ['3.5/number › boolean → 400', 'number', true, 400],
    ['3.5/boolean › boolean', 'boolean', true, 'true'],
    ['3.5/boolean › TRUE', 'boolean', 'TRUE', 'true'],
    ['3.5/boolean › false', 'boolean', 'false', 'false'],
    ['3.5/boolean › 1', 'boolean', '1', 'true'],
    ['3.5/boolean › 0', 'boolean', '0', 'false'],
    ['3.5/boolean › Yes', 'boolean', 'Yes', 'true'],
    ['3.5/boolean › no', 'boolean', 'no', 'false'],
    ['3.5/boolean › other → 400', 'boolean', 'on', 400],
    ['3.5/date › a real day', 'date', '2024-02-29', '2024-02-29'],
    ['3.5/date › no real day → 400', 'date', '2025-02-29', 400],
    ['3.5/date › a time → 400', 'date', '2025-01-01T00:00:00Z', 400],
    ['3.5/datetime › RFC 3339', 'datetime', '2025-01-01T02:00:00.123+02:00', '2025-01-01 00:00:00.123+00'],
    ['3.5/datetime › T, without a zone', 'datetime', '2025-01-01T10:20:30', '2025-01-01 10:20:30+00'],
    ['3.5/datetime › a blank, without a zone', 'datetime', '2025-01-01 10:20:30', '2025-01-01 10:20:30+00'],
    ['3.5/datetime › without seconds', 'datetime', '2025-01-01T10:20', '2025-01-01 10:20:00+00'],
    ['3.5/datetime › date only', 'datetime', '2025-01-01', '2025-01-01 00:00:00+00'],
    ['3.5/datetime › other → 400', 'datetime', 'yesterday', 400],
  ])('%s', async (_row, ...[type, value, bound]) => {
    const id = await save('SELECT $p', [{ name: 'p', param_type: type, default: null, required: true }]);
    if (bound !== 400) expect((await boundOf(id, { p: value }))[1]).toEqual([bound]);
    else
      expect(Object.keys((await run(id, { p: value }).expect(400)).body.details.fields)).toEqual([
        'parameters.p',
      ]);
  });

  it('3.5/integers stay exact up to 64 bits', async () => {
    const id = await save('SELECT $p', [{ name: 'p', param_type: 'number', required: true }]);
    for (const n of ['9223372036854775807', '-9223372036854775808']) {
      expect((await boundOf(id, { p: n }))[1]).toEqual([n]);
      const body = `{"query_id":"${id}","parameters":{"p":${n}}}`;
      const { body: made } = await ground.viewer.post('/runs').type('json').send(body).expect(201);
      const rows = await ground.api.database.asOwner('SELECT bound_values FROM runs WHERE id = $1', [
        made.id,
      ]);
      expect(rows).toEqual([{ bound_values: [n] }]);
    }
  });

  it('3.5/error texts name parameter and type, and echo no long value', async () => {
    const id = await save('SELECT $p', [{ name: 'p', param_type: 'number', required: true }]);
    const { body, text: whole } = await run(id, { p: 'x'.repeat(5_000) }).expect(400);
    expect(body.message).toContain('parameters.p must be a number');
    expect(whole).not.toContain('xxxxxxxxxx');
  });
});
