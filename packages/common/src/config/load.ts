import { KeyObject } from 'node:crypto';
import Joi from 'joi';
import { LoupeError } from '../errors';
import type { CheckedValues, ConfigDefinition, Problems, Variables } from './definition';
import { metaOf } from './reference';
import { gatherValues, type ConfigPlaces, type Environment } from './sources';

const PLACES: ConfigPlaces = { workingDirectory: process.cwd(), secretsDirectory: '/run/secrets' };

/** Joi's own texts repeat the value for these; a value may be a secret in the wrong variable. */
const QUIET_MESSAGES: Joi.LanguageMessages = {
  'string.pattern.base': '{{#label}} has a wrong form',
  'string.pattern.name': '{{#label}} must be {{#name}}',
};

/** Values that satisfy their schemas, and a problem for each of the others. */
function checkEach(
  definition: ConfigDefinition<unknown>,
  raw: Record<string, string>,
): [CheckedValues, Problems] {
  const checked: Joi.ValidationResult<Record<string, unknown>> = Joi.object(definition.schemas).validate(
    raw,
    {
      abortEarly: false,
      errors: { wrap: { label: false } },
      messages: QUIET_MESSAGES,
    },
  );
  const problems: Problems = {};
  for (const { path, message } of checked.error?.details ?? []) problems[String(path[0])] ??= message;
  const sound = Object.entries((checked.value ?? {}) as Record<string, unknown>).filter(
    ([name]) => !(name in problems),
  );
  return [Object.fromEntries(sound), problems];
}

/** The same key for two purposes makes the loss of one the loss of both. */
function findEqualKeys(variables: Variables, raw: Record<string, string>): Problems {
  const problems: Problems = {};
  const seen = new Map<string, string>();
  for (const [name, schema] of Object.entries(variables)) {
    const text = raw[name];
    if (text === undefined || !metaOf(schema).key) continue;
    const other = seen.get(text);
    if (other !== undefined) problems[name] = `${name} must differ from ${other}`;
    seen.set(text, name);
  }
  return problems;
}

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || value instanceof KeyObject) return;
  Object.freeze(value);
  Object.values(value).forEach(deepFreeze);
}

/**
 * Reads and checks a service's configuration before anything is opened.
 *
 * Sources, first wins: for secrets `/run/secrets/<name in lower case>` and `<NAME>_FILE`; then the environment;
 * then `.env.<APP_ENV>` in the working directory.
 *
 * @returns a frozen object; keys are `KeyObject`s, which neither logs nor JSON show.
 * @throws {LoupeError} `invalid`, code `invalid_configuration`, with every problem in `fields` by variable. The
 *   texts contain no values.
 */
export function loadConfig<T>(
  definition: ConfigDefinition<T>,
  env: Environment = process.env,
  places: Partial<ConfigPlaces> = {},
): Readonly<T> {
  const { values: raw, problems: unreadable } = gatherValues(definition.schemas, env, {
    ...PLACES,
    ...places,
  });
  const [values, broken] = checkEach(definition, raw);
  const problems = {
    ...definition.check(values),
    ...findEqualKeys(definition.schemas, raw),
    ...broken,
    ...unreadable,
  };
  if (Object.keys(problems).length > 0) {
    throw new LoupeError('invalid', 'The configuration is not usable', {
      code: 'invalid_configuration',
      fields: problems,
    });
  }
  const config = definition.read(values);
  deepFreeze(config);
  return config;
}
