import type { Queryable } from '../../db';
import { cancelledMessage, maxLost, type RunPool, type RunState } from '../../models';
import type { Admission } from './admission';

/** Most runs one statement moves: a flood of overdue runs is worked off in short transactions. */
const batch = 500;

/** Seconds after which the reaper does what an owner should have done. */
const reaperBounds = {
  /** dispatched and unclaimed → queued (T3) */
  unclaimed: 60,
  /** past its deadline and still running → timed out (T10) */
  overdue: 15,
  /** cancellation accepted and still running → cancelled (T9) */
  unconfirmedCancel: 30,
  /** dispatched and unclaimed: its hint may be lost, push it again */
  hint: 3,
} as const;

/**
 * What keeps every live state's clock. Each step is one guarded statement, so any number of reapers may run; each
 * resolves to how many rows it moved.
 */
export interface ReapingRepository {
  /** Closes sessions whose lease ran out. */
  closeExpiredSessions(): Promise<number>;
  /** Runs of closed sessions: tried again, or dead at the third loss (T7, T8), or cancelled (T9). */
  reclaimLost(queueDeadlineSeconds: QueueDeadlines): Promise<number>;
  /** T3 */
  requeueUnclaimed(): Promise<number>;
  /** T9 and T12 for cancellations that nobody completed. */
  finishCancellations(): Promise<number>;
  /** T10 */
  timeOutOverdue(): Promise<number>;
  /** T13 */
  timeOutQueued(): Promise<number>;
  /** T14 */
  requeueRetries(): Promise<number>;
  /** Admissions that nobody has claimed for a while. */
  unclaimed(): Promise<Admission[]>;
}

/** Hears of attempts that nobody else can count: their runners do not know of their end, or died. */
export interface ReapingWatch {
  /** `lease`: its runner's session ran out. `closed`: its runner closed it and left the run behind. */
  lost: (pool: RunPool, cause: 'lease' | 'closed') => void;
  /** Its statement was to stop, and no runner said that it has; `connector` is the kind of its source. */
  unconfirmedStop: (connector: string) => void;
}

export interface QueueDeadlines {
  interactive: number;
  scheduled: number;
}

/** A step that the reaper takes for rows that nobody else moves. */
interface Step {
  name: string;
  condition: string;
  assignments: string;
}

const steps = {
  requeueUnclaimed: {
    name: 'reap.unclaimed',
    condition: `state = 'dispatched' AND dispatched_at < now() - interval '${reaperBounds.unclaimed} s'
      AND cancel_requested_at IS NULL`,
    assignments: `state = 'queued'`,
  },
  finishCancellations: {
    name: 'reap.cancellations',
    condition: `cancel_requested_at IS NOT NULL AND (state IN ('queued', 'dispatched', 'retry_wait')
      OR state = 'running' AND cancel_requested_at < now() - interval '${reaperBounds.unconfirmedCancel} s')`,
    assignments: `state = 'cancelled', finished_at = now(), error_message = '${cancelledMessage}'`,
  },
  timeOutOverdue: {
    name: 'reap.overdue',
    condition: `state = 'running' AND deadline_at < now() - interval '${reaperBounds.overdue} s'
      AND cancel_requested_at IS NULL`,
    assignments: `state = 'timed_out', finished_at = now(),
      error_message = format('The query ran longer than its limit of %s s', timeout_seconds)`,
  },
  timeOutQueued: {
    name: 'reap.queueDeadline',
    condition: `state IN ('queued', 'dispatched', 'retry_wait') AND queue_deadline_at < now()
      AND cancel_requested_at IS NULL`,
    assignments: `state = 'timed_out', finished_at = now(),
      error_message = coalesce('The run waited too long to be tried again; last error: ' || error_message,
        (SELECT 'The run waited too long: its ' || scope || ' is paused (' || reason || ')' FROM pauses
         WHERE scope = 'pool' AND key = pool OR scope = 'datasource' AND key = datasource_id::text LIMIT 1),
        'The run waited too long for a free runner')`,
  },
  requeueRetries: {
    name: 'reap.retries',
    condition: `state = 'retry_wait' AND run_at <= now() AND cancel_requested_at IS NULL`,
    assignments: `state = 'queued'`,
  },
} satisfies Record<string, Step>;

const nobody: ReapingWatch = { lost: () => undefined, unconfirmedStop: () => undefined };

export function createReapingRepository(db: Queryable, watch: ReapingWatch = nobody): ReapingRepository {
  /** Passes over rows that somebody holds: whoever does is moving them, and the next round looks again. */
  const step =
    ({ name, condition, assignments }: Step) =>
    () =>
      db.execute({
        name,
        text: `UPDATE runs SET ${assignments}
               WHERE id IN (SELECT id FROM runs WHERE ${condition} LIMIT ${batch} FOR UPDATE SKIP LOCKED)`,
      });
  return {
    closeExpiredSessions: () =>
      db.execute({
        name: 'reap.sessions',
        text: `UPDATE runner_sessions SET closed_at = now(), draining = true
               WHERE closed_at IS NULL AND expires_at < now()`,
      }),
    reclaimLost: (deadlines) => reclaimLost(db, { deadlines, watch }),
    requeueUnclaimed: step(steps.requeueUnclaimed),
    finishCancellations: () => endOverdue(db, steps.finishCancellations, watch),
    timeOutOverdue: () => endOverdue(db, steps.timeOutOverdue, watch),
    timeOutQueued: step(steps.timeOutQueued),
    requeueRetries: step(steps.requeueRetries),
    unclaimed: () =>
      db.rows<Admission>({
        name: 'reap.hints',
        text: `SELECT id AS "runId", epoch, pool FROM runs
               WHERE state = 'dispatched' AND dispatched_at < now() - interval '${reaperBounds.hint} s'
               ORDER BY dispatched_at LIMIT ${batch}`,
      }),
  };
}

/** Ends what its runner should have ended, after the source had stopped, and did not. */
async function endOverdue(
  db: Queryable,
  { name, condition, assignments }: Step,
  watch: ReapingWatch,
): Promise<number> {
  const ended = await db.rows<{ connector: string; was: RunState }>({
    name,
    text: `UPDATE runs SET ${assignments}
           FROM (SELECT id AS due, state AS was FROM runs WHERE ${condition} LIMIT ${batch} FOR UPDATE SKIP LOCKED) picked
           WHERE id = due
           RETURNING was,
             (SELECT ds_type FROM datasources d WHERE d.org_id = runs.org_id AND d.id = datasource_id) AS connector`,
  });
  for (const { connector, was } of ended) if (was === 'running') watch.unconfirmedStop(connector);
  return ended.length;
}

/** Whether an open session takes runs into quarantine; without one they would wait there for nobody. */
const quarantineIsServed = `EXISTS (SELECT FROM runner_sessions
  WHERE closed_at IS NULL AND NOT draining AND expires_at > now() AND 'quarantine' = ANY (pools))`;

interface LostAttempt {
  pool: RunPool;
  cause: 'lease' | 'closed';
  connector: string;
  next: RunState;
}

/**
 * A run whose session is closed has lost its runner. It waits up to 2 s (full jitter), so that what killed the runner
 * does not meet all its runs at once again, and goes into quarantine, where it meets no other run; the third loss ends it, because then it is the run that kills runners.
 */
async function reclaimLost(
  db: Queryable,
  { deadlines, watch }: { deadlines: QueueDeadlines; watch: ReapingWatch },
): Promise<number> {
  const lost = await db.rows<LostAttempt>({
    name: 'reap.lost',
    text: `WITH orphans AS (
             SELECT r.id, r.pool, r.lost, r.cancel_requested_at, least(2.0, 1.0 * 2 ^ r.lost) * random() AS delay,
               CASE WHEN s.closed_at > s.expires_at THEN 'lease' ELSE 'closed' END AS cause, d.ds_type AS connector
             FROM runs r
             JOIN runner_sessions s ON s.id = r.session_id
             JOIN datasources d ON d.id = r.datasource_id AND d.org_id = r.org_id
             WHERE r.state = 'running' AND s.closed_at IS NOT NULL
             LIMIT ${batch} FOR UPDATE OF r SKIP LOCKED
           ), judged AS (
             SELECT id, pool AS was_in, cause, connector, delay, CASE
               WHEN cancel_requested_at IS NOT NULL THEN 'cancelled'
               WHEN pool = 'control' THEN 'failed'
               WHEN lost + 1 >= $1 THEN 'dead'
               ELSE 'retry_wait' END AS next
             FROM orphans
           )
           UPDATE runs SET
             state = next,
             lost = runs.lost + 1,
             finished_at = CASE WHEN next = 'retry_wait' THEN NULL ELSE now() END,
             pool = CASE WHEN next = 'retry_wait' AND ${quarantineIsServed} THEN 'quarantine' ELSE pool END,
             run_at = CASE WHEN next = 'retry_wait' THEN now() + make_interval(secs => delay) ELSE run_at END,
             queue_deadline_at = CASE WHEN next = 'retry_wait'
               THEN now() + make_interval(secs => delay + CASE WHEN origin = 'api' THEN $2::float8 ELSE $3::float8 END)
               ELSE queue_deadline_at END,
             error_class = CASE WHEN next = 'cancelled' THEN error_class ELSE 'runner_lost' END,
             error_message = CASE next
               WHEN 'cancelled' THEN '${cancelledMessage}'
               WHEN 'dead' THEN format('The run was given up: %s runners that executed it were lost', runs.lost + 1)
               ELSE 'The runner that executed the run was lost' END
           FROM judged WHERE runs.id = judged.id AND runs.state = 'running'
           RETURNING judged.was_in AS pool, judged.cause, judged.connector, judged.next`,
    values: [maxLost, deadlines.interactive, deadlines.scheduled],
  });
  for (const { pool, cause, connector, next } of lost) {
    watch.lost(pool, cause);
    // Nobody executes it again, so nobody stops what its runner may have left in the source.
    if (next === 'cancelled') watch.unconfirmedStop(connector);
  }
  return lost.length;
}
