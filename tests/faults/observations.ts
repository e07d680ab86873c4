import type { Database } from '@loupe/common/db';
import { finalStates } from '@loupe/common/models';

/** How a run stands, and which process has it or had it last. */
export interface Standing {
  id: string;
  state: string;
  attempt: number;
  failures: number;
  lost: number;
  preempts: number;
  session_id: string | null;
  runner_id: string | null;
}

/** Looks at the metadata database from outside of Loupe. */
export type Observations = ReturnType<typeof observe>;

export function observe(engine: Database) {
  return {
    /** The database's clock, which is the only one that counts. */
    async now(): Promise<Date> {
      const { now } = await engine.one<{ now: Date }>({
        name: 'test.now',
        text: 'SELECT clock_timestamp() AS now',
      });
      return now;
    },
    standings: (ids: readonly string[]): Promise<Standing[]> =>
      engine.rows<Standing>({
        name: 'test.standings',
        text: `SELECT r.id, state, attempt, failures, lost, preempts, session_id, runner_id
               FROM runs r LEFT JOIN runner_sessions s ON s.id = session_id WHERE r.id = ANY ($1)`,
        values: [ids],
      }),
    /** Runs made since then that were executed more than once. */
    async executedAgain(since: Date): Promise<string[]> {
      const rows = await engine.rows<{ id: string }>({
        name: 'test.executedAgain',
        text: 'SELECT id FROM runs WHERE created_at >= $1 AND attempt > 1',
        values: [since],
      });
      return rows.map(({ id }) => id);
    },
    /** Every step of these runs, with the class of the error that caused it, to tell what went wrong. */
    async histories(ids: readonly string[]): Promise<string[]> {
      const rows = await engine.rows<{ history: string }>({
        name: 'test.histories',
        text: `SELECT run_id || ': ' || string_agg(concat_ws(' ', to_state, error_class, to_char(at, 'MI:SS.MS')),
                 ' > ' ORDER BY seq) AS history
               FROM run_events WHERE run_id = ANY ($1) GROUP BY run_id`,
        values: [ids],
      });
      return rows.map(({ history }) => history);
    },
    /** Runs that were taken from a session because its runner counted as lost. */
    async lostBy(sessionId: string): Promise<string[]> {
      const rows = await engine.rows<{ run_id: string }>({
        name: 'test.lostBy',
        text: `SELECT run_id FROM run_events
               WHERE session_id = $1 AND from_state = 'running' AND error_class = 'runner_lost'`,
        values: [sessionId],
      });
      return rows.map(({ run_id }) => run_id);
    },
    /** Seconds from `after` to the n-th claim of each of these runs; Infinity for one that had none. */
    async claimedAfter(after: Date, ids: readonly string[], attempt: number): Promise<number[]> {
      const rows = await engine.rows<{ seconds: number | null }>({
        name: 'test.claimedAfter',
        text: `SELECT extract(epoch FROM (SELECT min(at) FROM run_events e WHERE e.run_id = wanted.id
                 AND to_state = 'running' AND attempt = $3) - $1::timestamptz)::float8 AS seconds
               FROM unnest($2::uuid[]) AS wanted (id)`,
        values: [after, ids, attempt],
      });
      return rows.map(({ seconds }) => seconds ?? Infinity);
    },
    /** Seconds from each accepted cancellation to the end of its run. */
    async cancelLatencies(ids: readonly string[]): Promise<number[]> {
      const rows = await engine.rows<{ seconds: number | null }>({
        name: 'test.cancelLatencies',
        text: `SELECT extract(epoch FROM e.at - cancel_requested_at)::float8 AS seconds
               FROM runs JOIN run_events e ON e.run_id = runs.id AND e.to_state = 'cancelled'
               WHERE runs.id = ANY ($1)`,
        values: [ids],
      });
      return rows.map(({ seconds }) => seconds ?? Infinity);
    },
    /** How many of these runs were cancelled in each state. */
    async cancelledFrom(ids: readonly string[]): Promise<Map<string, number>> {
      const rows = await engine.rows<{ from_state: string; n: number }>({
        name: 'test.cancelledFrom',
        text: `SELECT from_state, count(*)::int AS n FROM run_events
               WHERE run_id = ANY ($1) AND to_state = 'cancelled' GROUP BY from_state`,
        values: [ids],
      });
      return new Map(rows.map(({ from_state, n }) => [from_state, n]));
    },
    /** The sessions that a runner has opened, oldest first; true for one that is open. */
    async sessions(runnerId: string): Promise<boolean[]> {
      const rows = await engine.rows<{ is_open: boolean }>({
        name: 'test.sessions',
        text: 'SELECT closed_at IS NULL AS is_open FROM runner_sessions WHERE runner_id = $1 ORDER BY started_at',
        values: [runnerId],
      });
      return rows.map(({ is_open }) => is_open);
    },
    /** How many runs were made since then, and how many of them by requests with a key of their own. */
    made: (since: Date): Promise<{ runs: number; keys: number }> =>
      engine.one<{ runs: number; keys: number }>({
        name: 'test.made',
        text: `SELECT count(DISTINCT runs.id)::int AS runs, count(DISTINCT (k.org_id, k.user_id, k.key))::int AS keys
               FROM runs LEFT JOIN idempotency_keys k ON k.run_id = runs.id WHERE runs.created_at >= $1`,
        values: [since],
      }),
    async live(): Promise<number> {
      const { n } = await engine.one<{ n: number }>({
        name: 'test.live',
        text: 'SELECT count(*)::int AS n FROM runs WHERE NOT state = ANY ($1)',
        values: [finalStates],
      });
      return n;
    },
  };
}

/** The value below which a share (0–1) of them lies; 0 of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
