import type { Queryable } from '../../db';
import type { RunnerSessionView } from '../../models';

/** Runner sessions from outside the runner. */
export interface SessionControlRepository {
  /** The open ones, oldest first. */
  list(): Promise<RunnerSessionView[]>;
  /** No more claims; what runs may finish. False: no such open session. */
  drain(id: string): Promise<boolean>;
}

export const createSessionControlRepository = (db: Queryable): SessionControlRepository => ({
  list: () =>
    db.rows<RunnerSessionView>({
      name: 'runnerSessions.list',
      text: `SELECT id, runner_id AS "runnerId", pools, slots, draining, started_at AS "startedAt",
               expires_at AS "expiresAt", expires_at <= now() AS expired,
               (SELECT count(*)::int FROM runs WHERE session_id = s.id AND state = 'running') AS running
             FROM runner_sessions s WHERE closed_at IS NULL ORDER BY started_at, id`,
    }),
  drain: async (id) =>
    (await db.execute({
      name: 'runnerSessions.drainFromOutside',
      text: 'UPDATE runner_sessions SET draining = true WHERE id = $1 AND closed_at IS NULL',
      values: [id],
    })) === 1,
});
