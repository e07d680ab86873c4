import { createHash, createPublicKey, randomUUID, type KeyObject } from 'node:crypto';
import { decode, sign, verify, type Jwt, type JwtPayload } from 'jsonwebtoken';
import { LoupeError } from '../errors';

const ALGORITHM = 'ES256';
/** Media type of an access token, RFC 9068: no other JWT of ours or of a neighbour passes for one. */
const HEADER_TYPE = 'at+jwt';
/** How far the clocks of two API processes may differ. */
const CLOCK_TOLERANCE_SECONDS = 10;
/** A header may say which of our keys it means, and nothing else about keys. */
const HEADER_MEMBERS = new Set(['alg', 'typ', 'kid']);
/** A token of ours has about 600 characters. */
const MAX_TOKEN_LENGTH = 4096;

export interface AccessTokenSubject {
  userId: string;
  orgId: string;
  sessionId: string;
}

export interface AccessTokenClaims extends AccessTokenSubject {
  jti: string;
  expiresAt: Date;
}

export interface AccessTokens {
  issue: (subject: AccessTokenSubject) => { token: string; jti: string; expiresAt: Date };
  /** @throws {LoupeError} `unauthenticated`, with one public text for every reason. */
  verify: (token: string) => AccessTokenClaims;
}

export interface AccessTokenOptions {
  /** Private P-256 keys, at least one: the first signs, all verify. */
  signingKeys: readonly KeyObject[];
  issuer: string;
  audience: string;
  lifetimeSeconds: number;
}

/** RFC 7638: SHA-256 over the required members of the public JWK in alphabetic order, base64url. */
function thumbprint(key: KeyObject): string {
  const { crv, kty, x, y } = createPublicKey(key).export({ format: 'jwk' });
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
}

const refused = (detail: string, cause?: unknown): LoupeError =>
  new LoupeError('unauthenticated', 'The access token is not valid', { detail, cause });

function verificationKey(token: string, publicKeys: ReadonlyMap<string, KeyObject>): KeyObject {
  const header = token.length > MAX_TOKEN_LENGTH ? undefined : decode(token, { complete: true })?.header;
  if (!header) throw refused('not a JWT');
  if (header.alg !== ALGORITHM || header.typ !== HEADER_TYPE) throw refused('another kind of JWT');
  if (Object.keys(header).some((member) => !HEADER_MEMBERS.has(member))) throw refused('unexpected header');
  const key = header.kid === undefined ? undefined : publicKeys.get(header.kid);
  if (!key) throw refused('unknown key');
  return key;
}

function claimsOf(payload: JwtPayload | string): AccessTokenClaims {
  if (typeof payload === 'string') throw refused('payload is not an object');
  const text = (name: string): string => {
    const value: unknown = payload[name];
    if (typeof value !== 'string' || value === '') throw refused(`claim ${name} is missing`);
    return value;
  };
  if (text('typ') !== 'access') throw refused('not an access token');
  if (typeof payload.exp !== 'number' || typeof payload.iat !== 'number')
    throw refused('claim exp or iat is missing');
  if (payload.iat > Date.now() / 1000 + CLOCK_TOLERANCE_SECONDS) throw refused('issued in the future');
  return {
    userId: text('sub'),
    orgId: text('org'),
    sessionId: text('sid'),
    jti: text('jti'),
    expiresAt: new Date(payload.exp * 1000),
  };
}

/**
 * Access tokens of the REST contract, section 1.3: ES256 and nothing else. They say who asks, not what they may:
 * role, membership and session are read at each request.
 */
export function createAccessTokens(options: AccessTokenOptions): AccessTokens {
  const { issuer, audience, lifetimeSeconds, signingKeys } = options;
  const [signingKey] = signingKeys;
  if (!signingKey) throw new LoupeError('internal', 'No signing key was given');
  const publicKeys = new Map(signingKeys.map((key) => [thumbprint(key), createPublicKey(key)]));
  const keyid = thumbprint(signingKey);
  return {
    issue: ({ userId, orgId, sessionId }) => {
      const jti = randomUUID();
      const iat = Math.floor(Date.now() / 1000);
      const exp = iat + lifetimeSeconds;
      const claims = {
        iss: issuer,
        aud: audience,
        sub: userId,
        org: orgId,
        sid: sessionId,
        typ: 'access',
        iat,
        exp,
        jti,
      };
      const header = { alg: ALGORITHM, typ: HEADER_TYPE };
      return {
        token: sign(claims, signingKey, { algorithm: ALGORITHM, keyid, header }),
        jti,
        expiresAt: new Date(exp * 1000),
      };
    },
    verify: rememberVerified((token) => {
      const key = verificationKey(token, publicKeys);
      let verified: Jwt;
      try {
        verified = verify(token, key, {
          algorithms: [ALGORITHM],
          issuer,
          audience,
          clockTolerance: CLOCK_TOLERANCE_SECONDS,
          complete: true,
        });
      } catch (error) {
        throw refused('signature, lifetime, issuer or audience', error);
      }
      return claimsOf(verified.payload);
    }),
  };
}

/** Tokens of as many callers as one process serves at a time. */
const maxRemembered = 10_000;

/**
 * A signature that was good stays good, and checking it is the dearest part of a small request; the lifetime is checked each
 * time. The memory holds digests, not tokens.
 */
function rememberVerified(
  verifyToken: (token: string) => AccessTokenClaims,
): (token: string) => AccessTokenClaims {
  const remembered = new Map<string, AccessTokenClaims>();
  return (token) => {
    const digest = createHash('sha256').update(token).digest('base64');
    const known = remembered.get(digest);
    if (known !== undefined && known.expiresAt.getTime() > Date.now()) return known;
    remembered.delete(digest);
    const claims = verifyToken(token);
    remembered.set(digest, claims);
    const [oldest] = remembered.keys();
    if (remembered.size > maxRemembered && oldest !== undefined) remembered.delete(oldest);
    return claims;
  };
}
