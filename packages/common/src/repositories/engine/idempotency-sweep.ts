import type { Queryable } from '../../db';

/** Deletes keys that are over, at most `limit`; resolves to how many. */
export const deleteExpiredKeys = (db: Queryable, limit: number): Promise<number> =>
  db.execute({
    name: 'idempotencyKeys.deleteExpired',
    text: `DELETE FROM idempotency_keys WHERE (org_id, user_id, key) IN (
             SELECT org_id, user_id, key FROM idempotency_keys WHERE expires_at <= now() ORDER BY expires_at LIMIT $1)
             AND expires_at <= now()`,
    values: [limit],
  });
