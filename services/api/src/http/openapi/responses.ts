import type { JsonSchema } from '../documented-joi';
import { declaredErrors } from '../error-answers';
import type { Route } from '../route';

const ERROR_BODY = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } };

const RETRY_AFTER = { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' } } };

/** All that a route may answer. `body` is its answer with an example, undefined where it has none. */
export function operationResponses(route: Route, body: JsonSchema | undefined): JsonSchema {
  return {
    ...Object.fromEntries(route.statuses.map((status) => [status, success(route, body)])),
    ...(route.hasVersion &&
      route.method === 'get' && { 304: { description: 'Still what If-None-Match names.' } }),
    ...errors(route),
    default: { description: 'The server could not serve the request.', content: ERROR_BODY },
  };
}

function success(route: Route, body: JsonSchema | undefined): JsonSchema {
  return {
    description: body === undefined ? 'Done.' : 'As asked.',
    ...(route.hasVersion && {
      headers: {
        ETag: {
          description: 'Version of the answer, for If-Match and If-None-Match.',
          schema: { type: 'string' },
        },
      },
    }),
    ...(body !== undefined && { content: { 'application/json': body } }),
  };
}

/** One entry a status; it names each `error.type` that may come with it. */
function errors(route: Route): JsonSchema {
  const byStatus = Map.groupBy(declaredErrors(route), ({ status }) => status);
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      status,
      {
        description: `\`error.type\`: ${ofStatus.map(({ type }) => `\`${type}\``).join(', ')}`,
        ...(status === 429 && { headers: RETRY_AFTER }),
        content: ERROR_BODY,
      },
    ]),
  );
}
