import type { ObjectSchema, ValidationErrorItem, ValidationOptions } from 'joi';
import { invalid } from '@loupe/common/errors';

/** Joi's texts, made to name the field and the rule, and never to repeat what was sent. */
const messages: NonNullable<ValidationOptions['messages']> = {
  'string.pattern.base': '{{#label}} has a wrong form',
  'string.empty': '{{#label}} must not be empty',
  'object.base': '{{#label}} must be an object',
  // What `null` in a list becomes where null means absent.
  'array.sparse': '{{#label}} must not be null',
};

const common: ValidationOptions = {
  abortEarly: false,
  allowUnknown: true,
  stripUnknown: true,
  errors: { wrap: { label: false, array: false }, label: 'path' },
  messages,
};

/** Values that schemas may refer to, as `Joi.ref('$defaultPageSize')`. */
export interface ValidationContext {
  defaultPageSize: number;
}

/** Takes what was sent, and gives what it means; throws `invalid` with all problems at once, by field. */
export type Check = (input: unknown) => unknown;

// Made once for each route: Joi would compile the texts anew for each request.

/** A body is typed by JSON itself: text that looks like a number is text. Unknown fields are dropped. */
export function bodyCheck(schema: ObjectSchema): Check {
  const prepared = schema.label('The body').prefs({ ...common, convert: false });
  return (body) => check(prepared, body);
}

/** Everything in a query string is text, so its schemas say how to read it. */
export function queryCheck(schema: ObjectSchema, context: ValidationContext): Check {
  const prepared = schema.prefs({ ...common, convert: true });
  // Most requests have none, and what that means is always the same: one value for all of them, which nobody can change.
  let ofNone: unknown;
  return (query) =>
    Object.keys(query as object).length > 0
      ? check(prepared, query, { context })
      : (ofNone ??= frozen(check(prepared, {}, { context })));
}

/** With all that lies in it. */
function frozen<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}

/** Of each field the first problem, since others follow from it. */
function check(schema: ObjectSchema, input: unknown, options?: ValidationOptions): unknown {
  const result = schema.validate(input, options);
  if (result.error === undefined) return result.value as unknown;
  const firsts = new Map<string, ValidationErrorItem>();
  for (const detail of result.error.details) {
    const field = fieldName(detail.path);
    if (!firsts.has(field)) firsts.set(field, detail);
  }
  const problems = [...firsts.values()];
  const fields = Object.fromEntries(problems.flatMap(byField));
  throw invalid(sentence(problems.map(({ message }) => message)), { fields });
}

/** A problem of one field without the field's name; a problem between several for each of them, as a whole. */
function byField({ path, message, context }: ValidationErrorItem): [string, string][] {
  const field = fieldName(path);
  if (field !== '')
    return [[field, message.startsWith(`${field} `) ? message.slice(field.length + 1) : message]];
  const peers = (context?.['peers'] ?? []) as string[];
  return peers.map((peer) => [peer, message]);
}

/** `['parameters', 0, 'name']` → `parameters[0].name` */
const fieldName = (path: (string | number)[]): string =>
  path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`)).join('');

function sentence(texts: string[]): string {
  const shown = texts.slice(0, 5).join('; ');
  return texts.length > 5 ? `${shown}; and ${texts.length - 5} more` : shown;
}
