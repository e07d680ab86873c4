/** Types that a query's parameter can declare (REST contract, section 3.3). */
export const parameterTypes = ['string', 'number', 'boolean', 'date', 'datetime'] as const;

export type ParameterType = (typeof parameterTypes)[number];

/** A parameter that a saved query declares for a `$name` in its statement. */
export interface ParameterDefinition {
  name: string;
  type: ParameterType;
  /** Any JSON value; null means "no default". */
  default: unknown;
  required: boolean;
}

/**
 * The value of one placeholder, in the text form that the database parses by the type it infers from the
 * context; null is SQL NULL. Text keeps 64-bit integers exact on their way through JSON.
 */
export type BoundValue = string | null;

/** Most definitions that a query may carry. */
export const maxParameterDefinitions = 50;

/** What may follow the `$` of a parameter: an ASCII letter, then letters, digits and underscores. */
const parameterNamePattern = /^[A-Za-z][A-Za-z0-9_]*$/;

/** Problems of a query's definitions, by field (`parameters[2].name`); empty when there are none. */
export function checkDefinitions(
  definitions: readonly Pick<ParameterDefinition, 'name' | 'type'>[],
): Record<string, string> {
  const problems: Record<string, string> = {};
  const seen = new Set<string>();
  if (definitions.length > maxParameterDefinitions) {
    problems.parameters = `must have at most ${String(maxParameterDefinitions)} items`;
  }
  definitions.forEach(({ name, type }, index) => {
    const at = `parameters[${String(index)}]`;
    if (!parameterNamePattern.test(name)) {
      problems[`${at}.name`] = 'must begin with a letter and consist of letters, digits and underscores';
    } else if (seen.has(name)) {
      problems[`${at}.name`] = `"${name}" is defined twice`;
    }
    if (!parameterTypes.includes(type)) {
      problems[`${at}.param_type`] = `must be one of ${parameterTypes.join(', ')}`;
    }
    seen.add(name);
  });
  return problems;
}
