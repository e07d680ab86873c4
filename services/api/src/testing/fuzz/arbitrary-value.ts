import fc from 'fast-check';

type Json = Record<string, unknown>;

/** Finds what a reference in a schema points to. */
export type Resolve = (reference: string) => Json;

/** What has broken servers before. */
const hostile: fc.Arbitrary<unknown> = fc.constantFrom<unknown>(
  null, '', ' ', 'null', '\u0000', 'a\u0000b', '\ud800', '\u202e', '🦉'.repeat(300), 'x'.repeat(100_001), '%', '%00', "' OR 1=1 --",
  '$1', '${7*7}', '../../etc/passwd', 'constructor', '__proto__', '2026-02-30T00:00:00Z', '9999-12-31T23:59:60+23:59', 'NaN', '1e400',
  '-0', 0, -1, 1.5, 2 ** 31, 2 ** 53, 1e308, -1e308, true, false, [], {}, [null], [[[[]]]], { constructor: { prototype: 1 } },
  { toString: 'x', valueOf: null, length: -1 }, Array.from({ length: 1_001 }, () => 'x'),
); // prettier-ignore

/** A value that fits the schema, most of the time. */
export function arbitraryValue(schema: Json, resolve: Resolve): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 8, arbitrary: fitting(schema, resolve) },
    { weight: 2, arbitrary: hostile },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  );
}

function fitting(schema: Json, resolve: Resolve): fc.Arbitrary<unknown> {
  if (typeof schema['$ref'] === 'string') return fitting(resolve(schema['$ref']), resolve);
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]));
  if (Array.isArray(schema['anyOf'])) {
    return fc.oneof(...(schema['anyOf'] as Json[]).map((part) => fitting(part, resolve)));
  }
  const types = [schema['type'] ?? 'any'].flat() as string[];
  return fc.oneof(...types.map((type) => ofType(type, schema, resolve)));
}

function ofType(type: string, schema: Json, resolve: Resolve): fc.Arbitrary<unknown> {
  switch (type) {
    case 'object':
      return object(schema, resolve);
    case 'array':
      return fc.array(arbitraryValue((schema['items'] ?? {}) as Json, resolve), { maxLength: 4 });
    case 'integer':
    case 'number':
      return fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer(), fc.double());
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'string':
      return text(schema['format']);
    default:
      return fc.jsonValue({ maxDepth: 3 });
  }
}

function text(format: unknown): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.uuid();
  if (format === 'date-time') return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  return fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom('SELECT 1', 'SELECT $a', '0 9 * * 1', '-name,created_at', 'a,b'),
  );
}

function object(schema: Json, resolve: Resolve): fc.Arbitrary<unknown> {
  const properties = (schema['properties'] ?? {}) as Record<string, Json>;
  const values = Object.fromEntries(
    Object.entries(properties).map(([key, property]) => [key, arbitraryValue(property, resolve)]),
  );
  return Object.keys(values).length === 0
    ? fc.dictionary(fc.string({ maxLength: 10 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 })
    : fc.record(values, { requiredKeys: [] });
}
