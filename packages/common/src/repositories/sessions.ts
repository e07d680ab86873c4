import type { Queryable } from '../db';
import type { Actor, OrgScope } from '../models';

export interface NewSession {
  id: string;
  userId: string;
  /** Seconds from now; the session ends with the last refresh token it may get. */
  lifetimeSeconds: number;
}

export interface NewRefreshToken {
  id: string;
  /** The one that was used up for it. */
  parentId?: string;
  sessionId: string;
  /** SHA-256 of the token; the token itself is never stored. */
  hash: Buffer;
  lifetimeSeconds: number;
}

/** A refresh token that was good until now, and the session that it continues. */
export interface UsedRefreshToken {
  id: string;
  session: Omit<Actor, 'role'>;
}

/** Days after the sign-in beyond which no refresh takes a session. */
const LONGEST_SESSION_DAYS = 90;

/** One session per sign-in, and the refresh tokens that continue it. Times are the database's. */
export interface SessionRepository {
  insert(scope: OrgScope, session: NewSession): Promise<void>;
  insertRefreshToken(scope: OrgScope, token: NewRefreshToken): Promise<void>;
  /** Uses a token up, once: undefined when it is unknown, used, revoked or expired. It names its scope itself. */
  useRefreshToken(hash: Buffer): Promise<UsedRefreshToken | undefined>;
  /** Revokes the session of a token that was used before, and with it all its tokens; does nothing for any other. */
  revokeReused(hash: Buffer): Promise<void>;
  /** Seconds from now, but no further than the longest session goes, and never shorter than before. */
  extend(scope: OrgScope, session: { id: string; lifetimeSeconds: number }): Promise<void>;
  /** From then on none of its tokens is accepted, access tokens included. */
  revoke(scope: OrgScope, sessionId: string): Promise<void>;
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
    async insertRefreshToken({ orgId }, { id, parentId, sessionId, hash, lifetimeSeconds }) {
      await db.execute({
        name: 'refreshTokens.insert',
        text: `INSERT INTO refresh_tokens (id, org_id, session_id, token_hash, expires_at, parent_id)
               VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5), $6)`,
        values: [id, orgId, sessionId, hash, lifetimeSeconds, parentId ?? null],
      });
    },
    useRefreshToken: (hash) => useRefreshToken(db, hash),
    async revokeReused(hash) {
      await db.execute({
        name: 'sessions.revokeReused',
        text: `UPDATE sessions s SET revoked_at = now() FROM refresh_tokens r
               WHERE r.token_hash = $1 AND r.used_at IS NOT NULL
                 AND s.id = r.session_id AND s.org_id = r.org_id AND s.revoked_at IS NULL`,
        values: [hash],
      });
    },
    async extend({ orgId }, { id, lifetimeSeconds }) {
      await db.execute({
        name: 'sessions.extend',
        text: `UPDATE sessions
               SET expires_at = greatest(expires_at,
                     least(now() + make_interval(secs => $3), created_at + make_interval(days => $4)))
               WHERE org_id = $1 AND id = $2`,
        values: [orgId, id, lifetimeSeconds, LONGEST_SESSION_DAYS],
      });
    },
    async revoke({ orgId }, sessionId) {
      await db.execute({
        name: 'sessions.revoke',
        text: 'UPDATE sessions SET revoked_at = now() WHERE org_id = $1 AND id = $2 AND revoked_at IS NULL',
        values: [orgId, sessionId],
      });
    },
  };
}

/** Of two that come with the same token, the second waits for the first, and then finds it used. */
async function useRefreshToken(db: Queryable, hash: Buffer): Promise<UsedRefreshToken | undefined> {
  const row = await db.row<{ id: string; org_id: string; session_id: string; user_id: string }>({
    name: 'refreshTokens.use',
    text: `UPDATE refresh_tokens r SET used_at = now() FROM sessions s
           WHERE r.token_hash = $1 AND r.used_at IS NULL AND r.revoked_at IS NULL AND r.expires_at > now()
             AND s.id = r.session_id AND s.org_id = r.org_id AND s.revoked_at IS NULL AND s.expires_at > now()
           RETURNING r.id, r.org_id, r.session_id, s.user_id`,
    values: [hash],
  });
  return (
    row && { id: row.id, session: { orgId: row.org_id, sessionId: row.session_id, userId: row.user_id } }
  );
}
