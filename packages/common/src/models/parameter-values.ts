import { dateText, dateTimeText } from './date-values';
import { withoutRawJson } from './exact-json';
import type { BoundValue, ParameterDefinition, ParameterType } from './parameters';

/** Either the text to bind, or what is wrong in words for the person who gave the value. */
export type Resolved = { value: BoundValue } | { problem: string };

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,6})?$/;
const maxNumberLength = 1_000;

const expected: Readonly<Record<ParameterType, string>> = {
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  date: 'a date (YYYY-MM-DD)',
  datetime: 'a date and time (RFC 3339)',
};

function stringText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}

function numberText(value: unknown): string | undefined {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined;
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  return text.length <= maxNumberLength && decimal.test(text) ? text : undefined;
}

const booleanWords = new Map([
  ['true', 'true'],
  ['1', 'true'],
  ['yes', 'true'],
  ['false', 'false'],
  ['0', 'false'],
  ['no', 'false'],
]);

function booleanText(value: unknown): string | undefined {
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'string' ? booleanWords.get(value.trim().toLowerCase()) : undefined;
}

const textOf: Readonly<Record<ParameterType, (value: unknown) => string | undefined>> = {
  string: stringText,
  number: numberText,
  boolean: booleanText,
  date: (value) => (typeof value === 'string' ? dateText(value.trim()) : undefined),
  datetime: (value) => (typeof value === 'string' ? dateTimeText(value.trim()) : undefined),
};

/** Clients store an empty string for every field left blank, so only a `string` can mean it as a value. */
const isMissing = (value: unknown, type: ParameterType): boolean =>
  value === undefined || value === null || (value === '' && type !== 'string');

// PostgreSQL text cannot hold U+0000, and UTF-8 has no lone surrogates.
const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0');

/**
 * The value that a parameter takes: the supplied one, else the default, else NULL unless it is required (REST
 * contract, sections 3.4 and 3.5). `supplied` is undefined where the caller named no value. Integers that a
 * double cannot hold exactly must arrive as `bigint` or as text to stay exact.
 */
export function resolveParameter(definition: ParameterDefinition, supplied: unknown): Resolved {
  const { type } = definition;
  const useDefault = isMissing(supplied, type);
  const value = withoutRawJson(useDefault ? definition.default : supplied);
  if (isMissing(value, type)) return definition.required ? { problem: 'is required' } : { value: null };
  const text = textOf[type](value);
  const subject = useDefault ? 'the default must be' : 'must be';
  if (text === undefined) return { problem: `${subject} ${expected[type]}` };
  if (!isStorable(text)) return { problem: `${subject} text without U+0000 and lone surrogates` };
  return { value: text };
}
