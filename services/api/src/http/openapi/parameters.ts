import type { JsonSchema } from '../documented-joi';
import { isNumbered, type Route } from '../route';
import type { Components } from './components';

/** What a request carries beside its body. */
export function operationParameters(route: Route, components: Components): JsonSchema[] {
  return [...pathParameters(route), ...queryParameters(route, components), ...headerParameters(route)];
}

const pathParameters = ({ path }: Route): JsonSchema[] =>
  path
    .split('/')
    .filter((segment) => segment.startsWith(':'))
    .map((segment) => segment.slice(1))
    .map((name) => ({
      name,
      in: 'path',
      required: true,
      schema: isNumbered(name) ? { type: 'integer', minimum: 1 } : { type: 'string', format: 'uuid' },
    }));

function queryParameters({ query }: Route, components: Components): JsonSchema[] {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = components.schemaOf(query, 'input') as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    ...(description !== undefined && { description }),
    ...(required.includes(name) && { required: true }),
    schema,
  }));
}

const text = { type: 'string' };

function headerParameters({ method, takesIdempotencyKey, takesIfMatch, hasVersion }: Route): JsonSchema[] {
  const header = (name: string, description: string): JsonSchema => ({
    name,
    in: 'header',
    description,
    schema: text,
  });
  return [
    ...(takesIdempotencyKey
      ? [
          header(
            'Idempotency-Key',
            'Of your making, up to 255 visible ASCII characters: a request sent twice acts once.',
          ),
        ]
      : []),
    ...(takesIfMatch ? [header('If-Match', 'ETag of what you have read: 412 if it was changed since.')] : []),
    ...(hasVersion && method === 'get'
      ? [header('If-None-Match', 'ETag of what you have: 304 if it is still the same.')]
      : []),
  ];
}
