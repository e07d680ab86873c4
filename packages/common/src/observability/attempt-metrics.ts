import { Counter, Histogram } from 'prom-client';
import { createLossMetrics } from './loss-metrics';
import type { Metrics } from './metrics';

/** A limit that an attempt ran into. */
export type RunLimit = 'time' | 'rows' | 'bytes' | 'columns' | 'cell';

/** What is counted of one attempt. All of it comes from small fixed sets but for the numbers. */
export interface AttemptFacts {
  pool: string;
  /** Kind of source. */
  connector: string;
  /** How the attempt ended: a final status of the run, or what happened to it instead. */
  outcome: string;
  /** Class of the error, where there was one. */
  reason?: string | undefined;
  /** Seconds that the run waited for this attempt, and that the attempt took. */
  waitedSeconds: number;
  executedSeconds: number;
  resultBytes?: number | undefined;
  limit?: RunLimit | undefined;
  /** Another attempt follows after a failure. */
  isRetried: boolean;
  /** The process that executed it was lost, and this one was not. */
  isLost: boolean;
  /** Its statement was to stop, and the source did not say that it has. */
  isStopUnconfirmed: boolean;
}

export interface AttemptMetrics {
  /** An attempt is over, and its end written. */
  ended: (attempt: AttemptFacts) => void;
}

const waitBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600];
const executionBuckets = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600];
const KIBIBYTE = 1_024;

function createSeries({ registry }: Metrics) {
  const registers = [registry];
  const counter = (name: string, help: string): Counter<'pool' | 'reason'> =>
    new Counter({ name, help, labelNames: ['pool', 'reason'], registers });
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name, help, buckets, labelNames: ['pool', 'connector', 'outcome'], registers });
  return {
    wait: histogram('loupe_run_wait_seconds', 'Time from being ready to being taken on.', waitBuckets),
    execution: histogram('loupe_run_execution_seconds', 'Time of one attempt.', executionBuckets),
    attempts: counter('loupe_run_attempts_total', 'Attempts, by how they ended.'),
    retries: counter('loupe_run_retries_total', 'Attempts after which the run waits for the next one.'),
    preempted: counter('loupe_run_preempted_total', 'Attempts handed back by a runner that stops.'),
    cancelled: counter('loupe_run_cancelled_total', 'Attempts stopped because somebody cancelled the run.'),
    limits: new Counter({
      name: 'loupe_run_limit_total',
      help: 'Attempts that ran into a limit.',
      labelNames: ['connector', 'limit'],
      registers,
    }),
    bytes: new Histogram({
      name: 'loupe_result_bytes',
      help: 'Size of results.',
      labelNames: ['connector'],
      buckets: [1, 16, 256, 1_024, 4_096, 16_384, 65_536].map((size) => size * KIBIBYTE),
      registers,
    }),
  };
}

/** What a runner says about its attempts, by pool and kind of source. */
export function createAttemptMetrics(metrics: Metrics): AttemptMetrics {
  const series = createSeries(metrics);
  const losses = createLossMetrics(metrics);
  return {
    ended(attempt) {
      const { pool, connector, outcome, reason = 'none' } = attempt;
      series.wait.observe({ pool, connector, outcome }, attempt.waitedSeconds);
      series.execution.observe({ pool, connector, outcome }, attempt.executedSeconds);
      series.attempts.inc({ pool, reason: outcome });
      if (attempt.isLost) losses.lost(pool, 'child');
      if (attempt.isStopUnconfirmed) losses.unconfirmedStop(connector);
      if (attempt.isRetried) series.retries.inc({ pool, reason });
      if (outcome === 'preempted') series.preempted.inc({ pool, reason: 'stop' });
      if (outcome === 'cancelled') series.cancelled.inc({ pool, reason: 'request' });
      if (attempt.limit !== undefined) series.limits.inc({ connector, limit: attempt.limit });
      if (attempt.resultBytes !== undefined) series.bytes.observe({ connector }, attempt.resultBytes);
    },
  };
}
