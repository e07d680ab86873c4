import { invalid } from '../errors';
import { checkDefinitions, type BoundValue, type ParameterDefinition } from '../models/parameters';
import { resolveParameter } from '../models/parameter-values';
import { hasPositionalPlaceholder, replaceParameters } from './parameters';

export interface BindInput {
  sql: string;
  definitions: readonly ParameterDefinition[];
  /** Name → value as parsed from JSON; names without definition are ignored. */
  values: Readonly<Record<string, unknown>>;
}

/** A statement that can be executed as it is: `values[n - 1]` belongs to `$n`. */
export interface BoundStatement {
  text: string;
  values: BoundValue[];
}

function valueOf(input: BindInput, name: string): { value: BoundValue } | { problem: string } {
  const definition = input.definitions.find((candidate) => candidate.name === name);
  if (!definition) return { problem: 'is used by the SQL but not defined' };
  return resolveParameter(definition, Object.hasOwn(input.values, name) ? input.values[name] : undefined);
}

function refuse(fields: Record<string, string>): never {
  const list = Object.entries(fields).map(([field, problem]) => `${field} ${problem}`);
  throw invalid(`Parameters: ${list.join('; ')}`, { fields });
}

/**
 * Turns a statement with `$name` parameters into one with placeholders and their values (REST contract,
 * sections 3.3 to 3.5).
 *
 * @throws LoupeError of kind `invalid` that names all problems at once, by field (`parameters.<name>`)
 */
export function bindParameters(input: BindInput): BoundStatement {
  const problems = checkDefinitions(input.definitions);
  if (hasPositionalPlaceholder(input.sql)) {
    problems.sql = 'must not use positional placeholders such as $1; use named parameters';
  }
  const { text, names } = replaceParameters(input.sql);
  const values = names.map((name) => {
    const resolved = valueOf(input, name);
    if ('value' in resolved) return resolved.value;
    problems[`parameters.${name}`] = resolved.problem;
    return null;
  });
  if (Object.keys(problems).length > 0) refuse(problems);
  return { text, values };
}
