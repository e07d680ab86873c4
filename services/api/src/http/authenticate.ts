import type { Actor, User } from '@loupe/common/models';
import { LoupeError } from '@loupe/common/errors';

/** Who makes a request, and what they may do in the organization that their token names. */
export interface Caller {
  actor: Actor;
  user: User;
}

/** Reads an Authorization header; throws `unauthenticated` for anything but a good token of somebody who still belongs. */
export type Authenticate = (authorization: string | undefined) => Promise<Caller>;

export interface TokenClaims {
  userId: string;
  orgId: string;
  sessionId: string;
}

interface AuthenticationParts {
  /** Throws `unauthenticated`. */
  verify: (token: string) => TokenClaims;
  /** One indexed read of session, user and membership; undefined if any of them has ended. */
  findUser: (claims: TokenClaims) => Promise<User | undefined>;
}

const unauthenticated = (message: string): LoupeError => new LoupeError('unauthenticated', message);

/**
 * The token says who signed in, the database whether that still holds, at every request: so a revoked session, a
 * changed role or a removed member takes effect at once, although access tokens live for a day.
 */
export function createAuthenticate({ verify, findUser }: AuthenticationParts): Authenticate {
  return async (authorization) => {
    const { userId, orgId, sessionId } = verify(bearerToken(authorization));
    const user = await findUser({ userId, orgId, sessionId });
    if (user === undefined) throw unauthenticated('This session has ended; sign in again');
    return { user, actor: { userId, orgId, sessionId, role: user.role } };
  };
}

/** Throws `unauthenticated` where there is none. */
export function bearerToken(authorization: string | undefined): string {
  if (authorization === undefined) throw unauthenticated('Sign in first: the request carries no token');
  const token = /^Bearer +([^ ]+) *$/i.exec(authorization)?.[1];
  if (token === undefined) throw unauthenticated('The Authorization header must be: Bearer <token>');
  return token;
}
