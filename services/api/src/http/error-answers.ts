import Joi from 'joi';
import { answerOfError, type DeclaredError } from './error-status';
import { answer, textField } from './response-fields';
import type { Route } from './route';

/** The body of every error (REST contract, section 1.7). */
export const errorAnswer = answer(
  {
    message: Joi.string(),
    details: answer({
      error_id: textField(),
      code: textField().optional(),
      fields: Joi.object().pattern(Joi.string(), Joi.string()).optional(),
    }),
    error: answer({ type: textField(), message: Joi.string(), error_id: textField() }),
  },
  'Error',
);

/** What can go wrong with a route as far as its client is concerned: what its declaration implies, and what it names. */
export function declaredErrors(route: Route): { status: number; type: string }[] {
  const errors = [...implied(route), ...(route.errors ?? [])];
  return [...new Set(errors)].map(answerOfError);
}

function implied(route: Route): DeclaredError[] {
  const { access, path, query, body, rateLimit, takesIdempotencyKey, takesIfMatch } = route;
  return [
    ...when(query !== undefined || body !== undefined || takesIdempotencyKey || takesIfMatch, 'invalid'),
    ...when(access !== 'public', 'unauthenticated'),
    ...when(access === 'admin' || access === 'editor', 'forbidden'),
    ...when(path.includes(':'), 'not_found'),
    ...when(takesIfMatch, 'precondition_failed'),
    ...when(body !== undefined, 'too_large'),
    ...when(rateLimit !== 'none', 'rate_limited'),
  ];
}

const when = (condition: boolean, error: DeclaredError): DeclaredError[] => (condition ? [error] : []);
