import Joi, { type CustomHelpers } from 'joi';
import { invalid } from '@loupe/common/errors';
import { documentedString } from './documented-joi';

// Rules that several resources share (REST contract, sections 1.9 and 1.10). `null` is the same as absent unless a
// rule says otherwise.

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Of any version, hyphenated. */
export const isUuid = (text: string): boolean => uuidPattern.test(text);

/** A rule's own words; Joi puts the field's name before them. */
export function problem(helpers: CustomHelpers, words: string): Joi.ErrorReport {
  return helpers.message({ custom: `{{#label}} ${words}` });
}

/** What is wrong between several fields; the words are a whole sentence. */
export function problemBetween(helpers: CustomHelpers, peers: string[], sentence: string): Joi.ErrorReport {
  return helpers.message({ custom: sentence }, { peers });
}

export const uuid = (): Joi.StringSchema<string> =>
  documentedString({ format: 'uuid' })
    .empty(null)
    .custom((value: string, helpers) =>
      isUuid(value) ? value.toLowerCase() : problem(helpers, 'must be a UUID'),
    );

interface TextRule {
  min: number;
  /** In characters, not bytes and not UTF-16 units. */
  max: number;
  /** Nothing but white space is refused. */
  notBlank?: boolean;
  /** Control characters, line breaks included, are refused. */
  oneLine?: boolean;
}

/** `null` is kept out by `empty`, so a nullable text uses `nullableText`. */
export const text = (rule: TextRule): Joi.StringSchema<string> =>
  documentedString(lengthsOf(rule)).empty(null).custom(textRule(rule));

/** Text that `null` clears. */
const nullableText = (rule: TextRule): Joi.StringSchema<string | null> =>
  documentedString<string | null>(lengthsOf(rule)).allow('', null).custom(textRule(rule));

/** JSON Schema counts characters as well. */
const lengthsOf = ({ min, max }: TextRule) => ({ minLength: min, maxLength: max });

function textRule({ min, max, notBlank, oneLine }: TextRule) {
  return (value: string, helpers: CustomHelpers): unknown => {
    // A cheap bound first: counting characters walks the text.
    const length = value.length < min ? value.length : characterCount(value);
    if (length < min || length > max) return problem(helpers, `must have ${min} to ${max} characters`);
    if (notBlank === true && value.trim() === '') return problem(helpers, 'must not be blank');
    if (oneLine === true && /\p{Cc}/u.test(value))
      return problem(helpers, 'must not contain control characters');
    return value;
  };
}

function characterCount(value: string): number {
  let count = 0;
  for (let i = 0; i < value.length; i += 1) {
    const unit = value.charCodeAt(i);
    if (unit < 0xdc00 || unit > 0xdfff) count += 1;
  }
  return count;
}

/** Names of things: anything but control characters. */
export const resourceName = (): Joi.StringSchema<string> =>
  text({ min: 1, max: 255, notBlank: true, oneLine: true });

/** Names of people and queries. */
export const freeName = (): Joi.StringSchema<string> => text({ min: 1, max: 255, notBlank: true });

/** A title that may be missing. */
export const nullableTitle = (): Joi.StringSchema<string | null> => nullableText({ min: 0, max: 255 });

export const description = (): Joi.StringSchema<string | null> => nullableText({ min: 0, max: 2_000 });

export const wholeNumber = (min: number, max: number): Joi.NumberSchema<number> =>
  Joi.number<number>().empty(null).integer().min(min).max(max);

export const oneOf = <const Value extends string>(values: readonly Value[]): Joi.StringSchema<Value> =>
  Joi.string<Value>()
    .empty(null)
    .valid(...values);

/** Trimmed, as the filter trims what it looks for; it also splits at commas, so a tag with one could never be found. */
const tag = (): Joi.StringSchema<string> =>
  documentedString({ minLength: 1, maxLength: 50, pattern: '^[^,]*$' })
    .empty(null)
    .custom((value: string, helpers) => {
      const trimmed = value.trim();
      if (trimmed === '') return problem(helpers, 'must not be blank');
      if (trimmed.includes(',')) return problem(helpers, 'must not contain a comma');
      return characterCount(trimmed) > 50 ? problem(helpers, 'must have 1 to 50 characters') : trimmed;
    });

/** Repeated tags count once. */
export const tags = (): Joi.ArraySchema<string[]> =>
  Joi.array<string[]>()
    .empty(null)
    .items(tag())
    .max(50)
    .custom((value: string[]) => [...new Set(value)]);

/** An object whose members are checked elsewhere. */
export const openObject = (): Joi.ObjectSchema<Record<string, unknown>> =>
  objectOfAny().custom((value: unknown) => withBigints(value, String));

const objectOfAny = (): Joi.ObjectSchema<Record<string, unknown>> =>
  Joi.object<Record<string, unknown>>().empty(null).unknown(true).options({ stripUnknown: false });

/** Any JSON value. */
export const anyJson = (): Joi.AnySchema<unknown> =>
  Joi.any<unknown>().custom((value: unknown) => withBigints(value, String));

const KIB = 1_024;

/** Refuses a value whose JSON is longer: lists return a hundred of them at once. */
export const jsonOfAtMost =
  (kib: number) =>
  (value: unknown, helpers: CustomHelpers): unknown =>
    Buffer.byteLength(JSON.stringify(value) ?? '') > kib * KIB
      ? problem(helpers, `must not be larger than ${kib} KiB`)
      : value;

const MAX_OPAQUE_KIB = 256;

/** As many digits as were sent. */
const asSent = (value: bigint): object => JSON.rawJSON(value.toString());

/**
 * An object that only clients understand, and get back as an equal JSON value (REST contract, section 1.10). How deep it
 * is, the body's own limit bounds.
 */
export const opaqueObject = (): Joi.ObjectSchema<Record<string, unknown>> =>
  objectOfAny()
    .custom((value: unknown) => withBigints(value, asSent))
    .custom(jsonOfAtMost(MAX_OPAQUE_KIB));

/** A list of such objects, as large as one. */
export const opaqueObjects = (): Joi.ArraySchema<Record<string, unknown>[]> =>
  Joi.array<Record<string, unknown>[]>()
    .empty(null)
    .items(objectOfAny())
    .custom((value: unknown) => withBigints(value, asSent))
    .custom(jsonOfAtMost(MAX_OPAQUE_KIB));

/**
 * The body's parser keeps large integers as bigint, which JSON cannot write. Where any value may stand, a rule says what
 * becomes of them.
 */
function withBigints(value: unknown, replace: (value: bigint) => unknown): unknown {
  if (typeof value === 'bigint') return replace(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => withBigints(item, replace));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withBigints(item, replace)]));
}

/** Throws what several rules together have found. */
export function refuseProblems(fields: Record<string, string>): void {
  const problems = Object.entries(fields).map(([field, words]) => `${field} ${words}`);
  if (problems.length > 0) throw invalid(problems.join('; '), { fields });
}
