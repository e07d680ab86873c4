import type { Database } from '@loupe/common/db';
import type { RunState } from '@loupe/common/models';
import { eventually } from '@loupe/common/testing';

/** A run's row, as far as these tests look at it. */
export interface StoredRun {
  state: RunState;
  attempt: number;
  session_id: string | null;
  failures: number;
  lost: number;
  preempts: number;
  error_class: string | null;
  error_code: string | null;
  error_message: string | null;
  result_id: string | null;
  row_count: number | null;
}

/** @param engine a pool that sees all organizations */
export const readRun = (engine: Database, id: string): Promise<StoredRun> =>
  engine.one<StoredRun>({
    name: 'test.run',
    text: `SELECT state, runs.attempt, session_id, failures, lost, preempts, error_class, error_code, error_message,
             result_id, row_count
           FROM runs LEFT JOIN results ON results.id = result_id WHERE runs.id = $1`,
    values: [id],
  });

/** Resolves once the run is in one of the states. */
export const runIn = (engine: Database, id: string, ...states: RunState[]): Promise<StoredRun> =>
  eventually(`run ${id} is ${states.join(' or ')}`, async () => {
    const run = await readRun(engine, id);
    return states.includes(run.state) && run;
  });

/** Every state that the run has been in, in order. */
export async function historyOf(engine: Database, id: string): Promise<RunState[]> {
  const rows = await engine.rows<{ to_state: RunState }>({
    name: 'test.history',
    text: 'SELECT to_state FROM run_events WHERE run_id = $1 ORDER BY seq',
    values: [id],
  });
  return rows.map((row) => row.to_state);
}
