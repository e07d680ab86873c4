import { invalid } from '@loupe/common/errors';

/** 1–255 visible ASCII characters: anything that a client makes up, and nothing that a log or a header could trip over. */
const wellFormed = /^[\x21-\x7e]{1,255}$/;

/** The header's value; throws `invalid` for one that is malformed. */
export function idempotencyKeyOf(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && wellFormed.test(header)) return header;
  throw invalid('Idempotency-Key must have 1 to 255 visible ASCII characters');
}
