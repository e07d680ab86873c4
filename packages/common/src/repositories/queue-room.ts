import type { Queryable } from '../db';
import type { OrgScope } from '../models';

/** Runs that count against the length of an organization's queue. */
export const countsAsQueued = `state = 'queued' AND pool IN ('interactive', 'scheduled', 'quarantine')`;

/** Up to here a queue is counted at each request: about a fifth of a millisecond. */
export const countedAtOnce = 1_000;

/** Seconds for which a count is built upon, and for which a full queue is not counted anew. */
const remembered = { withRoom: 1, full: 0.1 };

/** Seconds for which a count serves the request that asked for it: one that had to wait meanwhile is not refused for that. */
export const remembersFor = { anybody: remembered.withRoom, whoeverCounted: 60 };

/**
 * What was counted lately and what was accepted since: more than can be queued, except for runs that came back to the queue
 * meanwhile. No row when it was not counted. `org` and `seconds` are parameters of the statement.
 */
export const atMostQueued = ({ org, seconds }: { org: string; seconds: string }): string =>
  `SELECT counted.queued + (SELECT count(*) FROM runs WHERE org_id = ${org} AND created_at >= counted.counted_at) AS queued
   FROM queue_counts counted WHERE org_id = ${org} AND counted_at > now() - make_interval(secs => ${seconds})`;

/**
 * Whether fewer than `most` runs are queued, for a queue of thousands. It is counted when what is known of it leaves no room, but
 * ten times a second at most: so long a queue may be refused room that has just become free.
 */
export async function hasQueueRoom(db: Queryable, { orgId }: OrgScope, most: number): Promise<boolean> {
  const { queued } = await db.one<{ queued: number }>({
    name: 'runs.queueRoom',
    text: `WITH known AS (${atMostQueued({ org: '$1', seconds: '$3' })}), recounted AS (
             INSERT INTO queue_counts (org_id, queued, counted_at)
             SELECT $1, counted.queued, now() FROM (
               SELECT WHERE NOT EXISTS (SELECT FROM known WHERE queued < $2)
                 AND NOT EXISTS (SELECT FROM queue_counts WHERE org_id = $1 AND counted_at > now() - make_interval(secs => $4))
             ) if_needed CROSS JOIN LATERAL (
               SELECT count(*) AS queued FROM runs WHERE org_id = $1 AND ${countsAsQueued}
             ) counted
             ON CONFLICT (org_id) DO UPDATE SET queued = excluded.queued, counted_at = excluded.counted_at
             RETURNING queued
           )
           SELECT coalesce((SELECT queued FROM recounted), (SELECT queued FROM known))::int AS queued`,
    values: [orgId, most, remembered.withRoom, remembered.full],
  });
  return queued < most;
}
