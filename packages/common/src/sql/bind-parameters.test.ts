import fc from 'fast-check';
import { LoupeError } from '../errors';
import type { ParameterDefinition, ParameterType } from '../models/parameters';
import { bindParameters } from './bind-parameters';

const define = (type: ParameterType, rest: Partial<ParameterDefinition> = {}): ParameterDefinition => ({
  name: 'p',
  type,
  default: null,
  required: true,
  ...rest,
});

const bindOne = (definition: ParameterDefinition, value?: unknown) =>
  bindParameters({
    sql: 'SELECT $p',
    definitions: [definition],
    values: value === undefined ? {} : { p: value },
  }).values[0];

function fieldsOf(action: () => unknown): Record<string, string> | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof LoupeError && error.kind === 'invalid') return error.fields;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('value, default, missing', () => {
  it.each<[string, ParameterDefinition, [given: unknown, bound: string | null]]>([
    ['a supplied value', define('string', { default: 'd' }), ['v', 'v']],
    ['the default of a missing value', define('string', { default: 'd' }), [undefined, 'd']],
    ['the default of null', define('string', { default: 'd' }), [null, 'd']],
    ['the default of an empty text for a number', define('number', { default: '7' }), ['', '7']],
    ['an empty text for a string', define('string', { default: 'd' }), ['', '']],
    ['an empty default for a string', define('string', { default: '' }), [undefined, '']],
    ['NULL for an optional one', define('number', { required: false }), [undefined, null]],
    ['NULL for an empty text of an optional date', define('date', { required: false }), ['', null]],
    [
      'NULL where the default of a number is empty',
      define('number', { required: false, default: '' }),
      [null, null],
    ],
  ])('takes %s', (_what, definition, [given, bound]) => {
    expect(bindOne(definition, given)).toBe(bound);
  });

  it('refuses a required parameter without value and default', () => {
    for (const value of [undefined, null, '']) {
      expect(fieldsOf(() => bindOne(define('date'), value))).toEqual({ 'parameters.p': 'is required' });
    }
  });

  it('does not take values from an object’s prototype', () => {
    const definitions = [define('string', { name: 'constructor' })];
    expect(fieldsOf(() => bindParameters({ sql: '$constructor', definitions, values: {} }))).toBeDefined();
  });
});

describe('coercion', () => {
  it.each<[ParameterType, unknown, string]>([
    ['string', 'a', 'a'],
    ['string', 1.5, '1.5'],
    ['string', true, 'true'],
    ['number', 1, '1'],
    ['number', -0.5, '-0.5'],
    ['number', '  42 ', '42'],
    ['number', '9223372036854775807', '9223372036854775807'],
    ['number', 9223372036854775807n, '9223372036854775807'],
    ['number', '1.', '1.'],
    ['number', '.5', '.5'],
    ['number', '1e3', '1e3'],
    ['boolean', false, 'false'],
    ['boolean', 'YES', 'true'],
    ['boolean', '0', 'false'],
    ['date', '2024-02-29', '2024-02-29'],
    ['datetime', '2024-05-01T10:00:00Z', '2024-05-01 10:00:00+00'],
    ['datetime', '2024-05-01T10:00:00.123456Z', '2024-05-01 10:00:00.123456+00'],
    ['datetime', '2024-05-01T00:30:00+02:00', '2024-04-30 22:30:00+00'],
    ['datetime', '2024-12-31T23:59:60Z', '2025-01-01 00:00:00+00'],
    ['datetime', '2024-05-01T10:00:00', '2024-05-01 10:00:00+00'],
    ['datetime', '2024-05-01 10:00', '2024-05-01 10:00:00+00'],
    ['datetime', '2024-05-01', '2024-05-01 00:00:00+00'],
    ['datetime', '0001-01-01T00:00:00Z', '0001-01-01 00:00:00+00'],
  ])('%s takes %p', (type, value, expected) => {
    expect(bindOne(define(type), value)).toBe(expected);
  });

  it.each<[ParameterType, unknown]>([
    ['string', {}],
    ['string', []],
    ['string', 'a\0b'],
    ['string', '\ud800'],
    ['number', 'NaN'],
    ['number', Infinity],
    ['number', '1,5'],
    ['number', '0x10'],
    ['number', true],
    ['number', '1'.repeat(2_000)],
    ['boolean', 1],
    ['boolean', 'on'],
    ['date', '2023-02-29'],
    ['date', '2024-13-01'],
    ['date', '0000-01-01'],
    ['date', '2024-5-1'],
    ['date', '2024-05-01T00:00:00Z'],
    ['date', 20240501],
    ['datetime', '2024-05-01T24:00:00Z'],
    ['datetime', '2024-05-01T10:61:00Z'],
    ['datetime', '2024-05-01T10:00:00+25:00'],
    ['datetime', '2024-05-01T'],
    ['datetime', '2024-05-01X10:00:00'],
    ['datetime', '0001-01-01T00:00:00+01:00'],
    ['datetime', '9999-12-31T23:59:59-01:00'],
    ['datetime', 'now'],
  ])('%s refuses %p', (type, value) => {
    expect(fieldsOf(() => bindOne(define(type), value))).toHaveProperty(['parameters.p']);
  });

  it('blames the default where the default is wrong', () => {
    const definition = define('number', { default: 'many' });
    expect(fieldsOf(() => bindOne(definition))).toEqual({ 'parameters.p': 'the default must be a number' });
  });

  it('does not echo values', () => {
    expect(() => bindOne(define('number'), 'hush-hush')).toThrow(
      expect.not.stringContaining('hush') as Error,
    );
  });

  it('keeps every 64-bit integer exact', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (n) => {
        expect(bindOne(define('number'), n.toString())).toBe(n.toString());
        expect(bindOne(define('number'), n)).toBe(n.toString());
      }),
    );
  });

  it('binds any value as text that means the same when it comes again, or refuses it by name', () => {
    const types = fc.constantFrom<ParameterType>('string', 'number', 'boolean', 'date', 'datetime');
    const values = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.string({ unit: 'binary' }),
      fc.double().map(String),
      fc.constantFrom(
        ' YES',
        '0',
        '1e400',
        '2024-02-29',
        '2024-02-30',
        '2024-02-29 23:59:60',
        'a\0b',
        '\ud800',
      ),
    );
    fc.assert(
      fc.property(types, values, (type, value) => {
        const optional = define(type, { required: false });
        let bound: string | null | undefined;
        try {
          bound = bindOne(optional, value);
        } catch (error) {
          expect(error).toMatchObject({ kind: 'invalid', fields: { 'parameters.p': expect.any(String) } });
          return;
        }
        if (bound === null || bound === undefined) {
          expect(value === null || (value === '' && type !== 'string')).toBe(true);
          return;
        }
        expect(bound.isWellFormed() && !bound.includes('\0')).toBe(true);
        // PostgreSQL's short form of the offset is not RFC 3339.
        const again = type === 'datetime' ? bound.replace(/\+00$/, 'Z') : bound;
        expect(bindOne(optional, again)).toBe(bound);
      }),
      { numRuns: 500 },
    );
  });

  it('takes a value and a default alike', () => {
    const types = fc.constantFrom<ParameterType>('string', 'number', 'boolean', 'date', 'datetime');
    const outcome = (definition: ParameterDefinition, value?: unknown): unknown => {
      try {
        return bindOne(definition, value);
      } catch {
        return 'refused';
      }
    };
    fc.assert(
      fc.property(types, fc.jsonValue({ maxDepth: 1 }), fc.boolean(), (type, value, required) => {
        const plain = define(type, { required });
        expect(outcome({ ...plain, default: value })).toEqual(outcome(plain, value));
      }),
    );
  });

  it('names the same instant for any offset', () => {
    const instants = fc.date({
      min: new Date('1900-01-01Z'),
      max: new Date('2100-01-01Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(instants, fc.integer({ min: -14 * 60, max: 14 * 60 }), (instant, minutes) => {
        const local = new Date(instant.getTime() + minutes * 60_000).toISOString().slice(0, -1);
        const [hours, rest] = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
        const offset = [hours, rest].map((n) => String(n).padStart(2, '0')).join(':');
        const text = bindOne(define('datetime'), `${local}${minutes < 0 ? '-' : '+'}${offset}`);
        expect(Date.parse(text!)).toBe(instant.getTime());
      }),
    );
  });
});

describe('the whole statement', () => {
  it('binds each used name once, and ignores definitions and values that nothing uses', () => {
    const bound = bindParameters({
      sql: 'SELECT * FROM t WHERE a = $b AND c = $a OR d = $b',
      definitions: ['a', 'b', 'unused'].map((name) => define('string', { name })),
      values: { a: '1', b: '2', stranger: {} },
    });
    expect(bound).toEqual({ text: 'SELECT * FROM t WHERE a = $1 AND c = $2 OR d = $1', values: ['2', '1'] });
  });

  it('names all problems at once', () => {
    const fields = fieldsOf(() =>
      bindParameters({
        sql: 'SELECT $a, $b, $1, $missing',
        definitions: [
          define('date', { name: 'a' }),
          define('number', { name: 'b' }),
          define('string', { name: '9' }),
        ],
        values: { a: 'soon', b: [] },
      }),
    );
    expect(Object.keys(fields ?? {}).sort()).toEqual([
      'parameters.a',
      'parameters.b',
      'parameters.missing',
      'parameters[2].name',
      'sql',
    ]);
  });

  it('checks undefined names also when nothing is defined', () => {
    expect(fieldsOf(() => bindParameters({ sql: '$a', definitions: [], values: { a: 1 } }))).toEqual({
      'parameters.a': 'is used by the SQL but not defined',
    });
  });

  it('refuses definitions that repeat a name', () => {
    const definitions = [define('string'), define('number')];
    expect(fieldsOf(() => bindParameters({ sql: '$p', definitions, values: { p: '1' } }))).toEqual({
      'parameters[1].name': '"p" is defined twice',
    });
  });
});
