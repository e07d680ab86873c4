import { createHmac, randomBytes, type KeyObject } from 'node:crypto';
import { compare, genSaltSync, getRounds, hash as bcryptHash } from 'bcrypt';
import pLimit from 'p-limit';
import { LoupeError } from '../errors';

/** Names pepper and pre-hash: what has to change when either does, so that sign-in can rehash. */
const SCHEME = 'v1$';
/** 2¹² rounds: about 0.3 s on one core of 2026. */
const COST = 12;
/** libuv has four threads unless told otherwise; one stays free, or a flood of sign-ins stops every file and name lookup. */
const MAX_AT_ONCE = 3;
/** About ten seconds of work; whoever came behind these would have gone before their turn. */
const MAX_WAITING = 100;
const RETRY_AFTER_SECONDS = 5;
const BCRYPT_FORM = /^\$2b\$\d\d\$[./A-Za-z0-9]{53}$/;

/** Both throw `unavailable`, with a time to try again, while too many wait. */
export interface PasswordHasher {
  /** Text to store, `v1$$2b$12$…`. */
  hash: (password: string) => Promise<string>;
  /**
   * Whether the password is the one that was hashed. Takes as long, and is false, where there is no hash or it is
   * of an unknown form: call it for unknown and disabled users too.
   */
  verify: (password: string, stored: string | undefined) => Promise<boolean>;
  /** Whether a sign-in with this stored hash should store a fresh one. */
  needsRehash: (stored: string) => boolean;
}

export interface PasswordHasherOptions {
  /** 32-byte secret key. */
  pepper: KeyObject;
  /** bcrypt's cost, default 12. Only for tests that sign in hundreds of times. */
  cost?: number;
}

/** A well-formed hash of nothing: comparing against it does all the work, and nothing matches it. */
function unmatchableHash(cost: number): string {
  const digest = randomBytes(32).toString('base64').replaceAll('+', '.').slice(0, 31);
  return genSaltSync(cost) + digest;
}

function bcryptPart(stored: string | undefined): string | undefined {
  if (!stored?.startsWith(SCHEME)) return undefined;
  const part = stored.slice(SCHEME.length);
  return BCRYPT_FORM.test(part) ? part : undefined;
}

/**
 * bcrypt over `base64(HMAC-SHA-256(pepper, NFKC(password)))`. The HMAC makes 44 characters of any password, because
 * bcrypt in silence ignores all after 72 bytes and after a NUL; the pepper makes a stolen table useless alone.
 */
export function createPasswordHasher({ pepper, cost = COST }: PasswordHasherOptions): PasswordHasher {
  const limit = pLimit(MAX_AT_ONCE);
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (limit.pendingCount < MAX_WAITING) return limit(work);
    throw new LoupeError('unavailable', 'Too many people are signing in at this moment; try again shortly', {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
  };
  const prehash = (password: string): string =>
    createHmac('sha256', pepper).update(password.normalize('NFKC')).digest('base64');
  const dummy = unmatchableHash(cost);
  return {
    hash: async (password) => SCHEME + (await inTurn(() => bcryptHash(prehash(password), cost))),
    verify: async (password, stored) => {
      const known = bcryptPart(stored);
      const matches = await inTurn(() => compare(prehash(password), known ?? dummy));
      return matches && known !== undefined;
    },
    needsRehash: (stored) => {
      const known = bcryptPart(stored);
      return known === undefined || getRounds(known) !== cost;
    },
  };
}
