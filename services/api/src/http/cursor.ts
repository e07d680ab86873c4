import { createHash } from 'node:crypto';
import Joi from 'joi';
import type { ListPosition, ListRequest } from '@loupe/common/models';
import { isUuid } from './field-rules';
import { parseRfc3339 } from './rfc3339';

// A cursor is a position in a list, with a fingerprint of the order and the filters that it belongs to. It is not signed:
// whoever makes one up gets a page that an offset would have got as well, always of their own organization. So it is
// checked like any other input instead, down to what the database can compare with.

/** A few names of 255 characters, in the longest encoding. */
const MAX_LENGTH = 8_192;

interface Payload {
  f: string;
  v: (string | null)[];
  i: string;
  s: number;
  t: number;
}

const count = Joi.number().integer().min(0).required();

const payloadSchema = Joi.object<Payload>({
  f: Joi.string().required(),
  v: Joi.array().items(Joi.string().allow('', null)).required(),
  i: Joi.string()
    .custom((value: string, helpers) => (isUuid(value) ? value : helpers.error('any.invalid')))
    .required(),
  s: count,
  t: count,
}).required();

export function cursorOf({ values, id, seen, total }: ListPosition, request: ListRequest): string {
  const payload: Payload = { f: fingerprint(request), v: values, i: id, s: seen, t: total };
  return Buffer.from(JSON.stringify(payload)).toString('base64url');
}

/** Undefined for what is no cursor of a list in this order, with these filters. */
export function positionOf(cursor: string, request: ListRequest): ListPosition | undefined {
  const payload = cursor.length > MAX_LENGTH ? undefined : parse(cursor);
  if (payload === undefined || payload.f !== fingerprint(request)) return undefined;
  const { v: values, i: id, s: seen, t: total } = payload;
  const fits =
    values.length === request.sort.length &&
    request.sort.every(({ field }, i) => canCompare(field, values[i] ?? null));
  return fits ? { values, id, seen, total } : undefined;
}

function parse(cursor: string): Payload | undefined {
  try {
    const text = Buffer.from(cursor, 'base64url').toString('utf8');
    const checked: unknown = Joi.attempt(JSON.parse(text), payloadSchema, { convert: false });
    return checked as Payload;
  } catch {
    return undefined;
  }
}

/** Sort fields are moments, called `…_at`, or text. */
function canCompare(field: string, value: string | null): boolean {
  if (value === null) return true;
  if (field.endsWith('_at')) return parseRfc3339(value) !== undefined;
  return value.isWellFormed() && !value.includes('\u0000');
}

/** Of all that decides which items there are, and in which order. */
function fingerprint({ limit: _limit, offset: _offset, after: _after, ...selection }: ListRequest): string {
  const entries = Object.entries(selection).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(entries)).digest('base64url').slice(0, 16);
}
