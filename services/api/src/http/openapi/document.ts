import { type Role, roles } from '@loupe/common/models';
import type { JsonSchema } from '../documented-joi';
import { errorAnswer } from '../error-answers';
import type { Access, Route } from '../route';
import { API_ROOT } from '../router';
import { type Components, createComponents } from './components';
import { exampleOf } from './examples';
import { operationParameters } from './parameters';
import { rateLimits } from './rate-limits';
import { operationResponses } from './responses';

const DESCRIPTION = `Saved SQL of many organizations: run, scheduled, shown.

* Fields that a request may leave out may also be sent as \`null\`, which means the same unless the field allows \`null\` itself.
* Unknown fields and query parameters are ignored, and answers may gain fields: ignore those you do not know.
* Another organization's ids answer 404 like ids of nothing.
* Each answer carries \`X-Request-Id\`: the one you sent, or a new one. Errors repeat it as \`error_id\`.
* \`x-required-role\` is the least role that may call; \`x-rate-limit\` what a client can count on, \`null\` if calls are not counted.`;

const bearer = (description: string): JsonSchema => ({ type: 'http', scheme: 'bearer', description });

const securitySchemes = {
  accessToken: { ...bearer('Of register, login or refresh.'), bearerFormat: 'JWT' },
  refreshToken: bearer('Of register, login or refresh; used up by one call.'),
  operatorToken: bearer('Of whoever runs the installation; opens `/operator` alone.'),
};

/** The OpenAPI document of these routes, made from the schemas that check requests and describe answers. */
export function openApiDocument(routes: readonly Route[], version: string): JsonSchema {
  const components = createComponents();
  components.schemaOf(errorAnswer, 'output');
  const byPath = Map.groupBy(routes, ({ path }) => path.replaceAll(/:(\w+)/g, '{$1}'));
  const paths = [...byPath]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, ofPath]) => [
      path,
      Object.fromEntries(ofPath.map((route) => [route.method, operationOf(route, components)])),
    ]);
  const tags = [...new Set(routes.map(({ tag }) => tag))].sort().map((name) => ({ name }));
  return {
    openapi: '3.1.0',
    info: { title: 'Loupe', version, description: DESCRIPTION, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: API_ROOT }],
    tags,
    paths: Object.fromEntries(paths) as JsonSchema,
    components: { securitySchemes, schemas: components.all() },
  };
}

function operationOf(route: Route, components: Components): JsonSchema {
  const { access, summary, description, tag, body, response, examples } = route;
  const withExample = (schema: JsonSchema, example: unknown): JsonSchema => ({
    schema,
    example: example ?? exampleOf(schema, (reference) => components.named(reference)),
  });
  const answer = response && withExample(components.schemaOf(response, 'output'), examples?.response);
  return {
    operationId: operationId(route),
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    security: securityOf(access),
    ...(isRole(access) && { 'x-required-role': access }),
    'x-rate-limit': rateLimits[route.rateLimit ?? 'requests'],
    parameters: operationParameters(route, components),
    ...(body !== undefined && {
      requestBody: {
        required: isRequired(body),
        content: { 'application/json': withExample(components.schemaOf(body, 'input'), examples?.request) },
      },
    }),
    responses: operationResponses(route, answer),
  };
}

const isRole = (access: Access): access is Role => roles.some((role) => role === access);

function securityOf(access: Access): JsonSchema[] {
  if (access === 'public') return [];
  return [{ [isRole(access) ? 'accessToken' : `${access}Token`]: [] }];
}

/** No body counts as `{}`. */
const isRequired = (body: NonNullable<Route['body']>): boolean => body.validate({}).error !== undefined;

/** `get /queries/:id` → `getQueriesById` */
function operationId({ method, path }: Route): string {
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
  const words = path
    .split(/[\/._-]/)
    .map((word) => (word.startsWith(':') ? `By${capital(word.slice(1))}` : capital(word)));
  return method + words.join('');
}
