import type Joi from 'joi';
import { describeVariable, type VariableReference } from './reference';
import type { AppConfig } from './sections/app';

/** What a schema turns a variable's text into; `undefined` where the variable is optional and unset. */
type ValueOf<S> = S extends Joi.AnySchema<infer T> ? T : never;

/** Environment variable → schema. Each has a `.description()`; `.meta()` is read by the reference. */
export type Variables = Record<string, Joi.AnySchema>;

export type Values<V extends Variables> = { [K in keyof V]: ValueOf<V[K]> };

/** Variable → what is wrong with it, in words that never repeat its value. */
export type Problems = Record<string, string>;

/** Values of all sections by variable; one that already broke its own schema is absent. */
export type CheckedValues = Readonly<Record<string, unknown>>;

/** Variables that belong together, and the object a service sees instead of them. */
export interface Section<T> {
  readonly variables: Variables;
  /** Rules over several variables. They run even when others have problems, so that all come at once. */
  readonly check: (values: CheckedValues, isProduction: boolean) => Problems;
  /** Called only when nothing is wrong. */
  readonly read: (values: CheckedValues) => T;
}

export interface ConfigDefinition<T> {
  /** One row a variable, in order of the sections: what docs/configuration.md is made of. */
  readonly variables: readonly VariableReference[];
  readonly schemas: Variables;
  readonly check: (values: CheckedValues) => Problems;
  readonly read: (values: CheckedValues) => T;
}

/** Values of `APP_ENV` that mean the same: production. */
export const PRODUCTION_NAMES: readonly string[] = ['prod', 'production'];

type SectionMap = Record<string, Section<unknown>> & { app: Section<AppConfig> };
type Composed<S> = { [K in keyof S]: S[K] extends Section<infer T> ? T : never };

export function section<V extends Variables, T>(parts: {
  variables: V;
  check?: (values: Partial<Values<V>>, isProduction: boolean) => Problems;
  read: (values: Values<V>) => T;
}): Section<T> {
  return {
    variables: parts.variables,
    check: (values, isProduction) => parts.check?.(values as Partial<Values<V>>, isProduction) ?? {},
    read: (values) => parts.read(values as Values<V>),
  };
}

/**
 * One service's whole configuration. `app` must be among the sections: many rules depend on whether this is
 * production.
 */
export function composeConfig<S extends SectionMap>(sections: S): ConfigDefinition<Composed<S>> {
  const parts: [string, Section<unknown>][] = Object.entries(sections);
  const variables = Object.assign({}, ...parts.map(([, part]) => part.variables)) as Variables;
  return {
    variables: Object.entries(variables).map(([name, schema]) => describeVariable(name, schema)),
    schemas: variables,
    check: (values) => {
      const isProduction = PRODUCTION_NAMES.includes(values['APP_ENV'] as string);
      return Object.assign({}, ...parts.map(([, part]) => part.check(values, isProduction))) as Problems;
    },
    read: (values) =>
      Object.fromEntries(parts.map(([name, part]) => [name, part.read(values)])) as Composed<S>,
  };
}
