import { Counter, Gauge, Histogram } from 'prom-client';
import type { Logger } from './logger';
import type { Metrics } from './metrics';

/** Connections of one pool, at this moment. */
export interface PoolState {
  active: number;
  idle: number;
  max: number;
}

export interface PoolMetrics {
  /** What the database layer tells of its work. */
  observer: {
    /** `operation` names the statement or transaction that waited; `seconds` how long. */
    acquired: (seconds: number, operation: string) => void;
    acquireTimedOut: () => void;
    /** A statement ended. Slow ones are logged by name, never by text. */
    statement: (name: string, seconds: number) => void;
  };
  /** Adds a pool to the gauges; they show the sum over all pools of the process. */
  watch: (read: () => PoolState) => void;
}

export interface SlowStatements {
  logger: Logger;
  /** Milliseconds from which on a statement is slow. */
  slowStatementMs: number;
}

/** The pools of the metadata database. Names: REST contract, section 2.11. */
export function createPoolMetrics(
  { registry }: Metrics,
  { logger, slowStatementMs }: SlowStatements,
): PoolMetrics {
  const registers = [registry];
  const pools: (() => PoolState)[] = [];
  for (const [state, help] of [
    ['active', 'Connections in use.'],
    ['idle', 'Connections open and free.'],
    ['max', 'Most connections the pools may open.'],
  ] as const) {
    new Gauge({
      name: `loupe_db_pool_connections_${state}`,
      help,
      registers,
      collect() {
        this.set(pools.reduce((sum, read) => sum + read()[state], 0));
      },
    });
  }
  const waits = new Histogram({
    name: 'loupe_db_pool_acquire_duration_seconds',
    help: 'Time to get a connection.',
    labelNames: ['operation'],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
    registers,
  });
  const timeouts = new Counter({
    name: 'loupe_db_pool_acquire_timeout_total',
    help: 'Times no connection became free in time.',
    registers,
  });
  return {
    observer: {
      acquired: (seconds, operation) => waits.observe({ operation }, seconds),
      acquireTimedOut: () => timeouts.inc(),
      statement: (name, seconds) => {
        const durationMs = Math.round(seconds * 1000);
        if (durationMs >= slowStatementMs) {
          logger.warn('Slow statement', { statement: name, duration_ms: durationMs });
        }
      },
    },
    watch: (read) => void pools.push(read),
  };
}
