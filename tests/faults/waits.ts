import type { Database } from '@loupe/common/db';

export type Waits = Record<'p50' | 'p95' | 'p99' | 'max', number>;

/** Seconds that these runs waited from being made to their first execution; NaN when none was executed. */
export async function waits(engine: Database, ids: readonly string[]): Promise<Waits> {
  const found = await engine.one<Record<keyof Waits, number | null>>({
    name: 'test.waits',
    text: `SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY waited) AS p50,
                  percentile_cont(0.95) WITHIN GROUP (ORDER BY waited) AS p95,
                  percentile_cont(0.99) WITHIN GROUP (ORDER BY waited) AS p99, max(waited) AS max
           FROM (SELECT extract(epoch FROM min(at) FILTER (WHERE to_state = 'running')
                                         - min(at) FILTER (WHERE to_state = 'queued'))::float8 AS waited
                 FROM run_events WHERE run_id = ANY ($1) GROUP BY run_id) AS of_run`,
    values: [ids],
  });
  return { p50: found.p50 ?? NaN, p95: found.p95 ?? NaN, p99: found.p99 ?? NaN, max: found.max ?? NaN };
}
