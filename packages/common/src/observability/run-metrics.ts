import { Counter, Gauge, Histogram } from 'prom-client';
import type { Metrics } from './metrics';

/** How a piece of a runner's work ended: a final status of the run, or what happened to the attempt instead. */
export type RunOutcome = 'completed' | 'failed' | 'timeout' | 'cancelled' | 'retried' | 'interrupted';

export interface RunMetrics {
  /** A run was taken on: `new` for the first attempt, else `retry`. Call what it returns when the attempt is over. */
  claimed: (type: 'new' | 'retry') => (outcome: RunOutcome) => void;
  /** A statement began on a datasource. Call what it returns when it is over; `rows` where there is a result. */
  executing: () => (outcome: RunOutcome, rows?: number) => void;
}

type Registers = Metrics['registry'][];

const jobMetrics = (registers: Registers) => ({
  claims: new Counter({
    name: 'loupe_jobs_claimed_total',
    help: 'Runs taken on.',
    labelNames: ['type'],
    registers,
  }),
  processing: new Histogram({
    name: 'loupe_job_processing_duration_seconds',
    help: 'Time from taking a run on to having written its end.',
    labelNames: ['status'],
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600],
    registers,
  }),
});

const executionMetrics = (registers: Registers) => ({
  total: new Counter({
    name: 'loupe_query_executions_total',
    help: 'Statements executed on datasources.',
    labelNames: ['status'],
    registers,
  }),
  duration: new Histogram({
    name: 'loupe_query_execution_duration_seconds',
    help: 'Time a statement took on its datasource, its result included.',
    labelNames: ['status'],
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
    registers,
  }),
  rows: new Histogram({
    name: 'loupe_query_rows_returned',
    help: 'Rows of results.',
    buckets: [10, 100, 1000, 10_000, 100_000],
    registers,
  }),
  timeouts: new Counter({
    name: 'loupe_query_timeouts_total',
    help: 'Statements that ran out of time.',
    registers,
  }),
  inFlight: new Gauge({ name: 'loupe_queries_in_flight', help: 'Statements that are executing.', registers }),
});

/** What a runner says about its work. Names: REST contract, section 2.11. */
export function createRunMetrics({ registry }: Metrics): RunMetrics {
  const jobs = jobMetrics([registry]);
  const executions = executionMetrics([registry]);
  return {
    claimed: (type) => {
      jobs.claims.inc({ type });
      const stop = jobs.processing.startTimer();
      return (status) => void stop({ status });
    },
    executing: () => {
      executions.inFlight.inc();
      const stop = executions.duration.startTimer();
      return (status, rows) => {
        stop({ status });
        executions.inFlight.dec();
        executions.total.inc({ status });
        if (status === 'timeout') executions.timeouts.inc();
        if (rows !== undefined) executions.rows.observe(rows);
      };
    },
  };
}
