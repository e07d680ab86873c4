import { errorFields } from './error-fields';
import { scrubText } from './scrub-text';

const REDACTED = '[redacted]';

/** Compared in lower case without `_` and `-`: `connection_string`, `X-API-Key` and `apiKey` are each found. */
const SECRET_NAMES =
  /password|passwd|^pwd$|^pass$|secret|token|authorization|cookie|apikey|privatekey|signingkey|encryptionkey|pepper|connectionstring|^dsn$|credential|sealed/;
/** Statements and their values are tenants' data (a count of them is not). Lines name a statement instead. */
const TENANT_NAMES = /^(sql|sqltext|querytext|text|bindings|params|parameters|parametervalues|values|rows)$/;

const MAX_DEPTH = 6;
const MAX_ITEMS = 50;

function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function redactField(name: string, value: unknown, depth: number): unknown {
  const plain = name.toLowerCase().replaceAll(/[-_]/g, '');
  const isCount = typeof value === 'number' || typeof value === 'boolean';
  if (SECRET_NAMES.test(plain) || (TENANT_NAMES.test(plain) && !isCount)) return REDACTED;
  return redactValue(value, depth);
}

function redactObject(value: object, depth: number): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof Error) return redactValue(errorFields(value), depth);
  if (depth >= MAX_DEPTH) return '[…]';
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => redactValue(item, depth + 1));
  // Clients, sockets, keys, buffers: nobody knows what they hold, so a line gets their kind alone.
  return isPlain(value) ? redactFields(value, depth + 1) : `[${value.constructor.name}]`;
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return scrubText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`;
  return typeof value === 'object' && value !== null ? redactObject(value, depth) : value;
}

/**
 * What may be logged of an object: secrets by the name of their field and by the form of their text, errors by an
 * allow-list, everything bounded in depth and length, and always valid for JSON.
 */
export function redactFields(fields: Record<string, unknown>, depth = 0): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, redactField(name, value, depth)]),
  );
}
