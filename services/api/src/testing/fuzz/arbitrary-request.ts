import fc from 'fast-check';
import { arbitraryValue, type Resolve } from './arbitrary-value';
import type { KnownIds } from './known-ids';

type Json = Record<string, unknown>;

/** What the OpenAPI document says of one operation, as far as it matters here. */
export interface FuzzedOperation {
  method: string;
  path: string;
  parameters: { name: string; in: string; schema: Json }[];
  body: { schema: Json; example: unknown } | undefined;
}

export interface FuzzedRequest {
  path: string;
  headers: Record<string, string>;
  /** Bytes, with the content type that goes with them; undefined: none. */
  body: { bytes: Buffer; type: string } | undefined;
}

export function arbitraryRequest(
  operation: FuzzedOperation,
  known: KnownIds,
  resolve: Resolve,
): fc.Arbitrary<FuzzedRequest> {
  return fc.record({
    path: fc
      .tuple(arbitraryPath(operation, known), arbitraryQuery(operation, resolve))
      .map(([path, query]) => (query === '' ? path : `${path}?${query}`)),
    headers: arbitraryHeaders(operation),
    body: arbitraryBody(operation, known, resolve),
  });
}

/** Mostly things that exist: what answers 404 has not gone far. */
function arbitraryPath({ path, method }: FuzzedOperation, known: KnownIds): fc.Arbitrary<string> {
  const segments = path.split('/');
  const parts = segments.map((segment, i) => {
    if (!segment.startsWith('{')) return fc.constant(segment);
    const strange = fc.constantFrom(
      'x',
      '1',
      '%00',
      '%E0%A4%A',
      '..%2f',
      "'",
      'ffffffff-ffff-ffff-ffff-ffffffffffff',
    );
    const existing = fc.nat().map((n) => known.pick(segments[i - 1] ?? '', n) ?? '1');
    // What is deleted cannot be tried further.
    const weight = method === 'delete' ? 1 : 12;
    return fc.oneof(
      { weight, arbitrary: existing },
      { weight: 1, arbitrary: strange },
      { weight: 1, arbitrary: fc.uuid() },
    );
  });
  return fc.tuple(...parts).map((all) => all.join('/'));
}

function arbitraryQuery({ parameters }: FuzzedOperation, resolve: Resolve): fc.Arbitrary<string> {
  const values = parameters
    .filter((parameter) => parameter.in === 'query')
    .map(({ name, schema }): [string, fc.Arbitrary<unknown>] => [name, arbitraryValue(schema, resolve)]);
  if (values.length === 0) return fc.constant('');
  return fc
    .subarray(values, { maxLength: Math.min(4, values.length) })
    .chain((some) => fc.tuple(...some.map(([name, value]) => value.map((one) => `${name}=${encoded(one)}`))))
    .map((pairs) => pairs.join('&'));
}

function encoded(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return encodeURIComponent(text.toWellFormed().slice(0, 2_000));
}

function arbitraryHeaders({ parameters }: FuzzedOperation): fc.Arbitrary<Record<string, string>> {
  const names = parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name);
  const value = fc.constantFrom('"1"', 'W/"1"', '*', 'x', '"', 'x'.repeat(300), ',', '1', '-1');
  if (names.length === 0) return fc.constant({});
  return fc.dictionary(fc.constantFrom(...names), value, { maxKeys: names.length, noNullPrototype: true });
}

/** Half of the time the example with one field changed, so that much gets as far as the database. */
function arbitraryBody(
  { body }: FuzzedOperation,
  known: KnownIds,
  resolve: Resolve,
): fc.Arbitrary<FuzzedRequest['body']> {
  if (body === undefined) return fc.constant(undefined);
  const any = arbitraryValue(body.schema, resolve);
  const changed = fc.tuple(fc.nat(), any).map(([n, change]) => ({
    ...withKnownIds(body.example, known, n),
    ...oneOf(change, n),
  }));
  const json = fc
    .oneof(changed, any)
    .map((value) => ({ bytes: Buffer.from(JSON.stringify(value) ?? ''), type: 'application/json' }));
  const broken = fc
    .tuple(fc.uint8Array({ maxLength: 40 }), fc.constantFrom('application/json', 'text/plain', 'x'))
    .map(([bytes, type]) => ({ bytes: Buffer.from(bytes), type }));
  return fc.oneof({ weight: 20, arbitrary: json }, { weight: 1, arbitrary: broken });
}

const withKnownIds = (example: unknown, known: KnownIds, n: number): Json =>
  Object.fromEntries(
    Object.entries(example as Json).map(([key, value]) => [
      key,
      key.endsWith('_id') ? (known.pick(key, n) ?? value) : value,
    ]),
  );

function oneOf(value: unknown, n: number): Json {
  if (typeof value !== 'object' || value === null) return {};
  const entries = Object.entries(value);
  return Object.fromEntries(entries.slice(n % (entries.length + 1), (n % (entries.length + 1)) + 1));
}
