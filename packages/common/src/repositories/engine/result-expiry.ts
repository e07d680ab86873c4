import type { Queryable } from '../../db';

/**
 * Deletes the rows of results that have outlived their time, of at most `limit` results, oldest first; resolves to how many. The
 * manifest stays and says when, so that a result which is gone can be told from one that never was. Any number of processes may:
 * what one has under way, the others pass over.
 */
export const expireResults = (db: Queryable, limit: number): Promise<number> =>
  db.execute({
    name: 'results.expire',
    text: `WITH old AS (
             SELECT id, run_id, attempt FROM results WHERE expires_at <= now() AND expired_at IS NULL
             ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
           ), emptied AS (
             DELETE FROM result_chunks chunk USING old
             WHERE chunk.run_id = old.run_id AND chunk.attempt = old.attempt
           )
           UPDATE results SET expired_at = now() FROM old WHERE results.id = old.id`,
    values: [limit],
  });
