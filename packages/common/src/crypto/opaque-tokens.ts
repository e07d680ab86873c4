import { createHash, randomBytes } from 'node:crypto';

const TOKEN_BYTES = 32;

export interface OpaqueToken {
  /** What the client gets: 256 random bits, base64url, 43 characters. */
  token: string;
  /** What is stored: SHA-256 of `token`. */
  hash: Buffer;
}

/** SHA-256, 32 bytes. A fast hash is enough: nobody guesses 256 bits. */
export const hashOpaqueToken = (token: string): Buffer => createHash('sha256').update(token).digest();

/** A refresh token, or anything else whose only meaning is a row that holds its hash. */
export function newOpaqueToken(): OpaqueToken {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  return { token, hash: hashOpaqueToken(token) };
}
