import type { JsonSchema } from '../documented-joi';

/** What a field of this name may well hold. */
const byName: Record<string, unknown> = {
  name: 'Sales by month',
  title: 'Sales',
  org_name: 'Example Ltd',
  email: 'ada@example.org',
  password: 'correct horse battery staple',
  token: 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
  refresh_token: 'n3vK0pXq8sGd5hJt2wZy7bRc4mLf9aVe1uTi6oPx0Ks',
  sql: 'SELECT month, sum(amount) FROM sales GROUP BY month',
  cron_expression: '0 9 * * 1',
  timezone: 'Europe/Berlin',
  connection_string: 'postgres://reader:secret@db.example.org/sales',
  reason: 'Maintenance of the warehouse',
  message: 'Connected',
  data_type: 'TEXT',
  next_cursor: null,
};

const byFormat: Record<string, string> = {
  uuid: '019a8c5e-7d21-7c3a-9a41-5b8f0e6d2c17',
  'date-time': '2026-01-31T08:00:00Z',
};

/** Finds what a reference points to. */
export type Resolve = (reference: string) => JsonSchema;

/** A value that fits the schema, made up from names, formats and defaults. Of what a client sends, only what it must send. */
export function exampleOf(schema: JsonSchema, resolve: Resolve, name = ''): unknown {
  if (typeof schema['$ref'] === 'string') return exampleOf(resolve(schema['$ref']), resolve, name);
  const { anyOf, enum: values, default: preset, format } = schema;
  if (preset !== undefined) return preset;
  if (Array.isArray(values)) return values[0] as unknown;
  if (Array.isArray(anyOf))
    return exampleOf((anyOf as JsonSchema[]).find(({ type }) => type !== 'null') ?? {}, resolve, name);
  const type = Array.isArray(schema['type']) ? (schema['type'] as string[])[0] : schema['type'];
  if (type === 'object') return objectExample(schema, resolve);
  if (type === 'array') return arrayExample(schema, resolve);
  if (type === 'integer' || type === 'number')
    return Math.max(1, (schema['minimum'] as number | undefined) ?? 1);
  if (type === 'boolean') return true;
  if (typeof format === 'string') return byFormat[format];
  return name in byName ? byName[name] : 'text';
}

function objectExample(schema: JsonSchema, resolve: Resolve): Record<string, unknown> {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>);
  const required = (schema['required'] ?? []) as string[];
  return Object.fromEntries(
    properties
      .filter(([key]) => required.includes(key))
      .map(([key, property]) => [key, exampleOf(property, resolve, key)]),
  );
}

function arrayExample(schema: JsonSchema, resolve: Resolve): unknown[] {
  return schema['items'] === undefined ? [] : [exampleOf(schema['items'] as JsonSchema, resolve)];
}
