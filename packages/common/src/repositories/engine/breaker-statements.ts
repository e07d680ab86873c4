import type { Queryable } from '../../db';

/** Bounds of a datasource's breaker; seconds, runs. */
const breaker = {
  failuresInRow: 5,
  windowSeconds: 60,
  windowLeast: 20,
  firstOpenSeconds: 10,
  longestOpenSeconds: 300,
};

const windowIsOver = `breakers.window_started_at < now() - interval '${breaker.windowSeconds} s'`;
const total = `CASE WHEN ${windowIsOver} THEN 1 ELSE breakers.window_total + 1 END`;
const failed = `CASE WHEN ${windowIsOver} THEN 1 ELSE breakers.window_failed + 1 END`;

/** Closed, and it has had enough; or half-open, where one failure is enough. */
const opens = `(breakers.open_until IS NOT NULL OR breakers.failures_in_row + 1 >= ${breaker.failuresInRow}
    OR (${total}) >= ${breaker.windowLeast} AND 2 * (${failed}) >= (${total}))`;

/**
 * Part of the statement that ends an attempt; it follows a CTE `ended` with org_id and datasource_id. The source could not be
 * reached, or said that it has too much to do. A datasource that keeps failing is closed to admission for a while, then tried
 * with one run at a time; every further failure doubles the time. What ends while it is closed to admission began before, and
 * says nothing new.
 */
export const tripBreaker = `, tripped AS (
    INSERT INTO breakers (datasource_id, org_id, failures_in_row, window_total, window_failed)
    SELECT datasource_id, org_id, 1, 1, 1 FROM ended
    ON CONFLICT (datasource_id) DO UPDATE SET
      failures_in_row = breakers.failures_in_row + 1,
      window_total = ${total},
      window_failed = ${failed},
      window_started_at = CASE WHEN ${windowIsOver} THEN now() ELSE breakers.window_started_at END,
      trips = breakers.trips + CASE WHEN ${opens} THEN 1 ELSE 0 END,
      open_until = CASE WHEN ${opens} THEN now() + make_interval(secs =>
        least(${breaker.longestOpenSeconds}, ${breaker.firstOpenSeconds} * 2 ^ least(breakers.trips, 10))) END
    WHERE breakers.open_until IS NULL OR breakers.open_until <= now()
  )`;

/** Of the same statement: the datasource whose breaker is to hear of a success, if it has one; for nearly all it is null. */
export const breakerToHeal = '(SELECT datasource_id FROM breakers JOIN ended USING (datasource_id))';

/**
 * The source of a datasource answered. A statement of its own after the end, because to have it ready costs an end more than to
 * look whether it is needed; if it fails, or the process dies in between, the next success says the same.
 */
export async function healBreaker(db: Queryable, datasourceId: string): Promise<void> {
  await db.execute({
    name: 'breakers.heal',
    text: `WITH healed AS (
             UPDATE breakers SET failures_in_row = 0, window_total = window_total + 1
             WHERE datasource_id = $1 AND open_until IS NULL AND NOT ${windowIsOver}
           )
           DELETE FROM breakers
           WHERE datasource_id = $1 AND (open_until <= now() OR open_until IS NULL AND ${windowIsOver})`,
    values: [datasourceId],
  });
}
