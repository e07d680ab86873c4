import Joi from 'joi';
import { roles } from '@loupe/common/models';
import { documentedString, documentedValue, namedObject } from './documented-joi';

// The vocabulary of answers: what a present function returns is described with these, the tests check each answer
// against it, and the OpenAPI document shows it. Nothing here runs while a request is served.

/** An object all of whose fields are there, unless one is marked `.optional()`. A name makes it a component of the document. */
export function answer(fields: Record<string, Joi.Schema>, name?: string): Joi.ObjectSchema {
  const keys = Object.fromEntries(
    Object.entries(fields).map(([key, schema]) => [key, isOptional(schema) ? schema : schema.required()]),
  );
  return name === undefined ? Joi.object(keys) : namedObject(name, keys);
}

function isOptional(schema: Joi.Schema): boolean {
  const { flags } = schema.describe();
  return (flags as { presence?: string } | undefined)?.presence === 'optional';
}

export const idField = (): Joi.Schema => documentedString({ format: 'uuid' });

/** May be empty. */
export const textField = (): Joi.Schema => Joi.string().allow('');

/** RFC 3339, UTC. */
export const momentField = (): Joi.Schema => documentedString({ format: 'date-time' });

/** A whole number, not negative. */
export const countField = (): Joi.Schema => Joi.number().integer().min(0);

export const numberField = (): Joi.Schema => Joi.number();

export const flagField = (): Joi.Schema => Joi.boolean();

export const oneOfField = (values: readonly string[]): Joi.Schema => Joi.string().valid(...values);

/** Any JSON value, `null` included. */
export const anyField = (): Joi.Schema => documentedValue({});

/** An object whose members are the client's business. */
export const openField = (): Joi.Schema => Joi.object().unknown(true);

export const listField = (item: Joi.Schema): Joi.Schema => Joi.array().items(item);

export const tagsField = (): Joi.Schema => listField(Joi.string());

export const nullable = (schema: Joi.Schema): Joi.Schema => schema.allow(null);

/** The envelope of every list (REST contract, section 1.5). */
export const listOf = (item: Joi.Schema): Joi.ObjectSchema =>
  answer({
    data: listField(item),
    total: countField(),
    page: countField(),
    per_page: countField(),
    total_pages: countField(),
    has_next: flagField(),
    has_prev: flagField(),
    next_cursor: nullable(textField()),
  });

export const roleField = (): Joi.Schema => oneOfField(roles);
