import type { Queryable } from '../db';
import type { OrgScope } from '../models';

/** A key that a user gave a request, so that sending it again makes nothing twice. */
export interface RequestKey {
  userId: string;
  key: string;
}

export interface KeyClaim extends RequestKey {
  bodyHash: Buffer;
  runId: string;
  /** Seconds that the key is remembered. */
  lifetimeSeconds: number;
}

export interface IdempotencyKeyRepository {
  /** What the key stands for; undefined when nobody used it, or too long ago. */
  find(scope: OrgScope, key: RequestKey): Promise<{ runId: string; bodyHash: Buffer } | undefined>;
  /**
   * Belongs into the transaction that makes the run. Waits for another request that uses the key at the same time; false
   * when the key is taken, and then the run must not be made.
   */
  claim(scope: OrgScope, claim: KeyClaim): Promise<boolean>;
}

export function createIdempotencyKeyRepository(db: Queryable): IdempotencyKeyRepository {
  return {
    async find({ orgId }, { userId, key }) {
      const row = await db.row<{ run_id: string; body_hash: Buffer }>({
        name: 'idempotencyKeys.find',
        text: `SELECT run_id, body_hash FROM idempotency_keys
               WHERE org_id = $1 AND user_id = $2 AND key = $3 AND expires_at > now()`,
        values: [orgId, userId, key],
      });
      return row && { runId: row.run_id, bodyHash: row.body_hash };
    },
    claim: async ({ orgId }, { userId, key, bodyHash, runId, lifetimeSeconds }) =>
      (await db.execute({
        name: 'idempotencyKeys.claim',
        text: `INSERT INTO idempotency_keys (org_id, user_id, key, body_hash, run_id, expires_at)
               VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))
               ON CONFLICT (org_id, user_id, key) DO UPDATE
                 SET body_hash = excluded.body_hash, run_id = excluded.run_id, expires_at = excluded.expires_at
                 WHERE idempotency_keys.expires_at <= now()`,
        values: [orgId, userId, key, bodyHash, runId, lifetimeSeconds],
      })) === 1,
  };
}
