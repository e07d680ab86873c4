import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import type { Response } from 'supertest';
import { jsonSchemaOf } from '../http/documented-joi';
import { declaredErrors, errorAnswer } from '../http/error-answers';
import type { Route } from '../http/route';
import { API_ROOT, comparePaths } from '../http/router';

interface DeclaredRoute {
  route: Route;
  path: RegExp;
  isBody: ValidateFunction;
}

/**
 * Throws when an answer is not what its route declares: another status, a field more or less, a value of another type.
 * Every answer that a test gets goes through it, so what the OpenAPI document says of answers is true of them.
 */
export function createAnswerCheck(routes: readonly Route[]): (answer: Response) => void {
  // `strict` would refuse schemas for their style; what counts here is what they accept.
  const ajv = addFormats(new Ajv2020({ allErrors: true, strict: false }));
  const isError = ajv.compile(jsonSchemaOf(errorAnswer, 'output'));
  // Literal segments come first, as in the router: `/runs/dead` is not the run `dead`.
  const inOrder = [...routes].sort((a, b) => comparePaths(a.path, b.path));
  const declared = inOrder.map((route): DeclaredRoute => ({
    route,
    path: new RegExp(`^${API_ROOT}${route.path.replaceAll(/:\w+/g, '[^/]+')}$`),
    isBody: ajv.compile(route.response === undefined ? {} : jsonSchemaOf(route.response, 'output')),
  }));
  return (answer) => {
    const { method, pathname } = requestOf(answer);
    const found = declared.find(
      ({ route, path }) => route.method.toUpperCase() === method && path.test(pathname),
    );
    const context = `${method} ${pathname} answered ${answer.status}`;
    const isAnswer = found?.route.statuses.includes(answer.status) ?? false;
    if (answer.status >= 400 && !isAnswer) requireMatch(isError, { answer, context });
    // Any route may meet a failure of the server, and each method that is not offered is answered alike.
    if (found === undefined || answer.status >= 500 || answer.status === 405) return;
    if (!isAnswer && !otherStatuses(found.route).includes(answer.status))
      throw new Error(`${context}, which its route does not declare`);
    if (isAnswer && found.route.response !== undefined) requireMatch(found.isBody, { answer, context });
  };
}

const otherStatuses = (route: Route): number[] => [
  ...(route.hasVersion && route.method === 'get' ? [304] : []),
  ...declaredErrors(route).map(({ status }) => status),
];

function requestOf({ request }: Response): { method: string; pathname: string } {
  const { method, url } = request as { method: string; url: string };
  return { method, pathname: new URL(url).pathname };
}

function requireMatch(
  matches: ValidateFunction,
  { answer, context }: { answer: Response; context: string },
): void {
  if (matches(answer.body)) return;
  const problems = (matches.errors ?? []).map(({ instancePath, message, params }) =>
    [instancePath, message, JSON.stringify(params)].join(' '),
  );
  throw new Error(`${context} with a body that is not as declared: ${problems.join('; ')}`);
}
