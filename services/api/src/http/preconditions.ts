import { invalid, LoupeError } from '@loupe/common/errors';

/** What an If-Match header names; undefined where every version will do. */
export type IfMatch = readonly string[] | undefined;

/** A row's version as a strong entity tag: any change of what the answer shows makes another one. */
export const entityTag = (version: number | string): string => `"${version}"`;

const wellFormed = /^(?:W\/)?"[\x21\x23-\x7e]*"$/;

/** Throws `invalid` for what is no list of entity tags. */
export function ifMatchOf(header: string | undefined): IfMatch {
  if (header === undefined || header.trim() === '*') return undefined;
  const tags = header.split(',').map((tag) => tag.trim());
  if (!tags.every((tag) => wellFormed.test(tag))) {
    throw invalid('If-Match must be the ETag of an earlier answer, quotes included, or *');
  }
  return tags;
}

/**
 * Throws `precondition_failed` for a version that the client has not seen: its change would undo somebody else's. Belongs
 * into the transaction that makes the change, after the row was locked. Weak tags never match (RFC 9110, section 13.1.1).
 */
export function requireMatch(ifMatch: IfMatch, version: number | string): void {
  if (ifMatch === undefined || ifMatch.includes(entityTag(version))) return;
  throw new LoupeError('precondition_failed', 'Somebody else has changed this meanwhile; read it again');
}
