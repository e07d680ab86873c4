import { breakingDocumentChanges } from './compare-documents';
import type { Json } from './plain-schema';

const thing = {
  type: 'object',
  required: ['id', 'name'],
  properties: {
    id: { type: 'string', format: 'uuid' },
    name: { type: 'string', maxLength: 10 },
    size: { type: ['integer', 'null'], minimum: 1 },
    kind: { type: 'string', enum: ['a', 'b'] },
    tags: { type: 'array', items: { type: 'string' } },
  },
};

function document(change: { thing?: Json; operation?: Json; paths?: Json } = {}): Json {
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } };
  const operation = {
    security: [{ accessToken: [] }],
    'x-required-role': 'editor',
    parameters: [{ name: 'limit', in: 'query', schema: { type: 'integer' } }],
    requestBody: { required: true, content },
    responses: { 200: { content }, 404: {} },
    ...change.operation,
  };
  return {
    paths: change.paths ?? { '/things': { post: operation } },
    components: { schemas: { Thing: { ...thing, ...change.thing } } },
  };
}

const changes = (change: Parameters<typeof document>[0]): string[] =>
  breakingDocumentChanges({ before: document(), after: document(change) });

const withProperty = (name: string, schema: Json): { thing: Json } => ({
  thing: { properties: { ...thing.properties, [name]: schema } },
});

describe('the comparison of documents', () => {
  it.each<[string, Parameters<typeof document>[0]]>([
    ['nothing', {}],
    ['a new field that need not be sent', withProperty('colour', { type: 'string' })],
    ['a new address', { paths: { ...(document()['paths'] as Json), '/others': {} } }],
    [
      'a new parameter',
      {
        operation: {
          parameters: [
            { name: 'limit', in: 'query', schema: { type: 'integer' } },
            { name: 'x', in: 'query', schema: {} },
          ],
        },
      },
    ],
    ['a lower role', { operation: { 'x-required-role': 'viewer' } }],
    ['a limit that is raised', withProperty('name', { type: 'string', maxLength: 20 })],
  ])('finds nothing wrong with %s', (_what, change) => {
    expect(changes(change)).toEqual([]);
  });

  const { id, size, kind, tags } = thing.properties;
  const withoutName = { id, size, kind, tags };
  it.each<[string, Parameters<typeof document>[0], string]>([
    ['an address that is gone', { paths: {} }, 'POST /things: is gone'],
    ['a method that is gone', { paths: { '/things': {} } }, 'POST /things: is gone'],
    ['a field that is gone', { thing: { properties: withoutName } }, 'POST /things 200.name: is gone'],
    [
      'a field that must be sent',
      { thing: { required: ['id', 'name', 'kind'] } },
      'POST /things body.kind: is required now',
    ],
    [
      'a field that may be missing',
      { thing: { required: ['id'] } },
      'POST /things 200.name: may be missing now',
    ],
    [
      'another type',
      withProperty('name', { type: 'integer' }),
      'POST /things 200.name: the type changed from string to integer',
    ],
    [
      'null where there was none',
      withProperty('name', { type: ['string', 'null'] }),
      'POST /things 200.name: the type changed from string to string or null',
    ],
    [
      'null that is refused',
      withProperty('size', { type: 'integer' }),
      'POST /things body.size: the type changed from integer or null to integer',
    ],
    [
      'a limit that is lowered',
      withProperty('name', { type: 'string', maxLength: 5 }),
      'POST /things body.name: maxLength is 5 now',
    ],
    [
      'a new limit',
      withProperty('kind', { type: 'string', enum: ['a', 'b'], pattern: 'a' }),
      'POST /things body.kind: pattern is a now',
    ],
    [
      'a value that is refused',
      withProperty('kind', { type: 'string', enum: ['a'] }),
      'POST /things body.kind: "b" is not accepted any more',
    ],
    [
      'items of another type',
      withProperty('tags', { type: 'array', items: { type: 'integer' } }),
      'POST /things 200.tags[]: the type changed from string to integer',
    ],
    ['a parameter that is gone', { operation: { parameters: [] } }, 'POST /things parameter limit: is gone'],
    [
      'a parameter that is required',
      {
        operation: {
          parameters: [{ name: 'limit', in: 'query', required: true, schema: { type: 'integer' } }],
        },
      },
      'POST /things: the parameter limit is required now',
    ],
    [
      'another status',
      { operation: { responses: { 201: {} } } },
      'POST /things 200: is not answered any more',
    ],
    [
      'a higher role',
      { operation: { 'x-required-role': 'admin' } },
      'POST /things: needs the role admin now',
    ],
    [
      'another token',
      { operation: { security: [{ operatorToken: [] }] } },
      'POST /things: needs another token now',
    ],
  ])('finds %s', (_what, change, problem) => {
    expect(changes(change)).toContain(problem);
  });
});
