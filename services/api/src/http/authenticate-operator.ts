import { createHash, timingSafeEqual } from 'node:crypto';
import { LoupeError } from '@loupe/common/errors';

/** Reads an Authorization header; resolves to the operator's name, or throws `unauthenticated`. */
export type AuthenticateOperator = (authorization: string | undefined) => string;

/**
 * Operators stand above organizations, so no user's token opens anything here. Compared with every hash in constant time:
 * how long an answer takes says nothing of how much of a guess was right.
 */
export function createAuthenticateOperator(
  tokens: readonly { name: string; sha256: string }[],
): AuthenticateOperator {
  const known = tokens.map(({ name, sha256 }) => ({ name, hash: Buffer.from(sha256, 'hex') }));
  return (authorization) => {
    const token = /^Bearer +([^ ]+) *$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) throw new LoupeError('unauthenticated', 'This needs an operator’s token');
    const hash = createHash('sha256').update(token).digest();
    const names = known.flatMap((one) => (timingSafeEqual(one.hash, hash) ? [one.name] : []));
    if (names[0] === undefined) throw new LoupeError('unauthenticated', 'This is no operator’s token');
    return names[0];
  };
}
