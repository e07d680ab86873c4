import Joi from 'joi';

/** A piece of JSON Schema, draft 2020-12. */
export type JsonSchema = Record<string, unknown>;

interface Rule {
  args: Record<string, unknown>;
}

interface Extended {
  string(): Joi.StringSchema & Documenting<Joi.StringSchema>;
  any(): Joi.AnySchema & Documenting<Joi.AnySchema>;
  object(keys: Joi.PartialSchemaMap): Joi.ObjectSchema & { named(name: string): Joi.ObjectSchema };
}

interface Documenting<S> {
  documents(fragment: JsonSchema): S;
}

/**
 * Joi with two more rules that check nothing: `documents` says in JSON Schema what a custom rule checks in code, and
 * `named` makes an object a component of the OpenAPI document instead of repeating it wherever it is used.
 */
const extended = Joi.extend({
  type: /^(any|string|object)$/,
  rules: {
    documents: {
      method(fragment: JsonSchema) {
        return this.$_addRule({ name: 'documents', args: { fragment } });
      },
      validate: (value: unknown) => value,
      jsonSchema: ({ args }: Rule, schema: JsonSchema) => ({
        ...schema,
        ...(args['fragment'] as JsonSchema),
      }),
    },
    named: {
      method(name: string) {
        return this.$_addRule({ name: 'named', args: { name } });
      },
      validate: (value: unknown) => value,
      jsonSchema({ args }: Rule, schema: JsonSchema, ...rest: unknown[]) {
        const { $defs } = rest.at(-1) as { $defs: JsonSchema };
        const name = args['name'] as string;
        $defs[name] = schema;
        return { $ref: `#/$defs/${name}` };
      },
    },
  },
} as Joi.Extension) as Extended;

/** A string whose further rules Joi cannot tell by itself. */
export const documentedString = <T = string>(fragment: JsonSchema): Joi.StringSchema<T> =>
  extended.string().documents(fragment) as Joi.StringSchema<T>;

/** A value of which Joi knows nothing. */
export const documentedValue = <T = unknown>(fragment: JsonSchema): Joi.AnySchema<T> =>
  extended.any().documents(fragment) as Joi.AnySchema<T>;

/** An object that the OpenAPI document describes once, under this name. */
export const namedObject = (name: string, keys: Joi.PartialSchemaMap): Joi.ObjectSchema =>
  extended.object(keys).named(name);

/** A schema as JSON Schema; named objects stand in its `$defs`. */
export const jsonSchemaOf = (schema: Joi.Schema, direction: 'input' | 'output'): JsonSchema =>
  schema['~standard'].jsonSchema[direction]({ target: 'draft-2020-12' });
