import type { Queryable } from '../db';
import type { OrgScope } from '../models';

export interface NewSession {
  id: string;
  userId: string;
  /** Seconds from now; the session ends with the last refresh token it may get. */
  lifetimeSeconds: number;
}

export interface NewRefreshToken {
  id: string;
  sessionId: string;
  /** SHA-256 of the token; the token itself is never stored. */
  hash: Buffer;
  lifetimeSeconds: number;
}

/** One session per sign-in, and the refresh tokens that continue it. Times are the database's. */
export interface SessionRepository {
  insert(scope: OrgScope, session: NewSession): Promise<void>;
  insertRefreshToken(scope: OrgScope, token: NewRefreshToken): Promise<void>;
}

export function createSessionRepository(db: Queryable): SessionRepository {
  return {
    async insert({ orgId }, { id, userId, lifetimeSeconds }) {
      await db.execute({
        name: 'sessions.insert',
        text: `INSERT INTO sessions (id, org_id, user_id, expires_at)
               VALUES ($1, $2, $3, now() + make_interval(secs => $4))`,
        values: [id, orgId, userId, lifetimeSeconds],
      });
    },
    async insertRefreshToken({ orgId }, { id, sessionId, hash, lifetimeSeconds }) {
      await db.execute({
        name: 'refreshTokens.insert',
        text: `INSERT INTO refresh_tokens (id, org_id, session_id, token_hash, expires_at)
               VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))`,
        values: [id, orgId, sessionId, hash, lifetimeSeconds],
      });
    },
  };
}
