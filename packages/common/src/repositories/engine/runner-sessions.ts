import type { Queryable } from '../../db';
import type { RunPool } from '../../models';

export interface NewRunnerSession {
  id: string;
  /** Name of the process, for people. */
  runnerId: string;
  pools: readonly RunPool[];
  slots: number;
  /** Seconds that a session lives on without a heartbeat. */
  leaseSeconds: number;
}

/** A runner's lease on its runs. */
export interface RunnerSessionRepository {
  open(session: NewRunnerSession): Promise<void>;
  /** Renews the lease; false when the session was closed: what it executed belongs to others now. */
  heartbeat(id: string, leaseSeconds: number): Promise<boolean>;
  /** No more claims; what runs may finish. */
  drain(id: string): Promise<void>;
  /** Whether it may claim no more: an operator can say so as well. */
  isDraining(id: string): Promise<boolean>;
  close(id: string): Promise<void>;
}

export function createRunnerSessionRepository(db: Queryable): RunnerSessionRepository {
  return {
    async open(session) {
      await db.execute({
        name: 'runnerSessions.open',
        text: `INSERT INTO runner_sessions (id, runner_id, pools, slots, expires_at)
               VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))`,
        values: [session.id, session.runnerId, session.pools, session.slots, session.leaseSeconds],
      });
    },
    heartbeat: async (id, leaseSeconds) =>
      (await db.execute({
        name: 'runnerSessions.heartbeat',
        text: `UPDATE runner_sessions SET expires_at = now() + make_interval(secs => $2)
               WHERE id = $1 AND closed_at IS NULL`,
        values: [id, leaseSeconds],
      })) === 1,
    async drain(id) {
      await db.execute({
        name: 'runnerSessions.drain',
        text: 'UPDATE runner_sessions SET draining = true WHERE id = $1',
        values: [id],
      });
    },
    async isDraining(id) {
      const row = await db.row<{ draining: boolean }>({
        name: 'runnerSessions.isDraining',
        text: 'SELECT draining FROM runner_sessions WHERE id = $1',
        values: [id],
      });
      return row?.draining === true;
    },
    async close(id) {
      await db.execute({
        name: 'runnerSessions.close',
        text: 'UPDATE runner_sessions SET closed_at = now(), draining = true WHERE id = $1 AND closed_at IS NULL',
        values: [id],
      });
    },
  };
}
