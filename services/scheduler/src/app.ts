import { createDispatcher } from '@loupe/common/commands';
import { readDemand } from '@loupe/common/commands/operate';
import { type Database, openDatabase } from '@loupe/common/db';
import { type ReleaseStack, repeat } from '@loupe/common/lifecycle';
import {
  createLossMetrics,
  createPoolMetrics,
  createScheduleMetrics,
  type HealthProbes,
  type Logger,
  type Metrics,
  observeDemand,
  observeQueue,
} from '@loupe/common/observability';
import { openHintProducer } from '@loupe/common/queues';
import {
  createReapingRepository,
  createScheduleFireRepository,
  deleteExpiredKeys as deleteSomeExpiredKeys,
  expireResults as expireSomeResults,
  firingTransaction,
  readQueueDepths,
} from '@loupe/common/repositories/engine';
import type { SchedulerConfiguration } from './config';
import { createContinuity } from './tasks/continuity';
import { deleteExpiredKeys } from './tasks/delete-expired-keys';
import { expireResults } from './tasks/expire-results';
import { dispatchRuns } from './tasks/dispatch-runs';
import { fireDueSchedules } from './tasks/fire-due-schedules';
import { reapRuns } from './tasks/reap-runs';
import type { Task } from './tasks/task';

export interface SchedulerAppOptions {
  stack: ReleaseStack;
  logger: Logger;
  metrics: Metrics;
}

/** Admission, reaping, firing, the two tasks that delete, and one for probes and metrics. */
const maxConnections = 6;

/** Assembles a scheduler and starts its tasks. It opens no port: what the private endpoint may ask is what it returns. */
export function startSchedulerApp(
  config: SchedulerConfiguration,
  options: SchedulerAppOptions,
): HealthProbes {
  const db = openEngineDatabase(config, options);
  observeQueue(options.metrics, () => readQueueDepths(db));
  observeDemand(options.metrics, () => readDemand(db, config.limits.running));
  const tasks = assembleTasks(config, { db, options });
  const progress = new Map(tasks.map((task) => [task.name, performance.now()]));
  for (const task of tasks) {
    const repetition = repeat(
      async () => {
        await task.run().finally(() => progress.set(task.name, performance.now()));
      },
      {
        everyMs: task.everyMs,
        jitter: 0.1,
        onError: (error) => {
          options.logger.warn('Task failed', { task: task.name, error });
        },
      },
    );
    options.stack.defer(task.name, repetition.stop);
  }
  return probes(db, progress);
}

function openEngineDatabase(
  config: SchedulerConfiguration,
  { stack, logger, metrics }: SchedulerAppOptions,
): Database {
  const { engineUrl, sslMode, slowStatementMs } = config.database;
  const pool = createPoolMetrics(metrics, { logger, slowStatementMs });
  const db = openDatabase({
    url: engineUrl,
    sslMode,
    role: 'loupe_engine',
    minConnections: 1,
    maxConnections,
    applicationName: `loupe-scheduler ${config.scheduler.id}`,
    observer: pool.observer,
    onIdleError: (error) => {
      logger.warn('Database connection lost', { error });
    },
  });
  stack.defer('database', db.close);
  pool.watch(db.pool);
  return db;
}

function assembleTasks(
  { redis, limits, scheduler }: SchedulerConfiguration,
  { db, options }: { db: Database; options: SchedulerAppOptions },
): Task[] {
  const hints = redis.target && openHintProducer(redis.target);
  if (hints !== undefined) options.stack.defer('hint producer', hints.close);
  const dispatcher = createDispatcher({
    db,
    hints,
    limits: limits.running,
    onError: (error) => {
      options.logger.warn('Dispatch failed', { error });
    },
  });
  options.stack.defer('dispatcher', dispatcher.close);
  return [
    dispatchRuns(dispatcher),
    deleteExpiredKeys((limit) => deleteSomeExpiredKeys(db, limit)),
    expireResults((limit) => expireSomeResults(db, limit)),
    fireDueSchedules({
      transaction: firingTransaction(db),
      fires: createScheduleFireRepository(db),
      terms: {
        queueDeadlineSeconds: limits.queueDeadlineSeconds.scheduled,
        maxQueuedPerOrg: limits.maxQueuedPerOrg,
      },
      pollIntervalSeconds: scheduler.pollIntervalSeconds,
      onFired: dispatcher.dispatch,
      metrics: createScheduleMetrics(options.metrics),
      logger: options.logger,
    }),
    reapRuns({
      reaping: createReapingRepository(db, createLossMetrics(options.metrics)),
      hints,
      continuity: createContinuity(),
      queueDeadlineSeconds: limits.queueDeadlineSeconds,
      onReady: dispatcher.dispatch,
      logger: options.logger,
    }),
  ];
}

/** A task that has not ended a round for so long is stuck, and only a restart helps. */
const stuckAfterMs = 60_000;

function probes(db: Database, progress: ReadonlyMap<string, number>): HealthProbes {
  return {
    // A task waits while the database is away; its statements have limits, so it never waits for a minute.
    live: () => [...progress.values()].every((at) => performance.now() - at < stuckAfterMs),
    startup: () => true,
    async ready() {
      const began = performance.now();
      try {
        await db.one({ name: 'health.database', text: 'SELECT 1 AS ok' });
        return { database: { status: 'healthy', latency_ms: Math.round(performance.now() - began) } };
      } catch {
        return { database: { status: 'unhealthy', message: 'The database does not answer' } };
      }
    },
  };
}
