import type { Queryable } from '../../db';

/** How much work waits, over all organizations. */
export interface QueueDepths {
  /** Queued or dispatched: not executing yet. */
  waiting: number;
  /** Waiting for their next attempt. */
  retrying: number;
  /** Given up: the dead letters. */
  dead: number;
}

/** Read from the partial indexes alone; grows with what waits, not with what ever ran. */
export const readQueueDepths = (db: Queryable): Promise<QueueDepths> =>
  db.one({
    name: 'runs.queueDepths',
    text: `SELECT
             (SELECT count(*)::int FROM runs WHERE state IN ('queued', 'dispatched')) AS waiting,
             (SELECT count(*)::int FROM runs WHERE state = 'retry_wait') AS retrying,
             (SELECT count(*)::int FROM runs WHERE state = 'dead') AS dead`,
  });
