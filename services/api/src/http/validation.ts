import type { ObjectSchema, ValidationOptions } from 'joi';
import { invalid } from '@loupe/common/errors';

/** Joi's texts, made to name the field and the rule, and never to repeat what was sent. */
const messages: NonNullable<ValidationOptions['messages']> = {
  'string.pattern.base': '{{#label}} has a wrong form',
  'string.empty': '{{#label}} must not be empty',
  'object.base': '{{#label}} must be an object',
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

/** A body is typed by JSON itself: text that looks like a number is text. Unknown fields are dropped. */
export const checkBody = (schema: ObjectSchema, body: unknown): unknown =>
  check(schema.label('The body'), body, { ...common, convert: false });

/** Everything in a query string is text, so its schemas say how to read it. */
export const checkQuery = (schema: ObjectSchema, query: unknown, context: ValidationContext): unknown =>
  check(schema, query, { ...common, convert: true, context });

/** Throws all problems at once, by field. */
function check(schema: ObjectSchema, input: unknown, options: ValidationOptions): unknown {
  const result = schema.validate(input, options);
  if (result.error === undefined) return result.value as unknown;
  const { error } = result;
  const fields: Record<string, string> = {};
  for (const { path, message } of error.details) {
    const field = fieldName(path);
    if (field !== '') fields[field] ??= message;
  }
  const texts = [...new Set(error.details.map(({ message }) => message))];
  throw invalid(sentence(texts), { fields });
}

/** `['parameters', 0, 'name']` → `parameters[0].name` */
const fieldName = (path: (string | number)[]): string =>
  path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`)).join('');

function sentence(texts: string[]): string {
  const shown = texts.slice(0, 5).join('; ');
  return texts.length > 5 ? `${shown}; and ${texts.length - 5} more` : shown;
}
