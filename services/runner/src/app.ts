import { createDispatcher, type Dispatcher } from '@loupe/common/commands';
import { createSessionSource } from '@loupe/common/connectors/open';
import { createOpener, keepOpened } from '@loupe/common/crypto';
import { type Database, openDatabase } from '@loupe/common/db';
import { openRunEndPublisher, type RunEndPublisher, silentRunEndPublisher } from '@loupe/common/events';
import type { ReleaseStack } from '@loupe/common/lifecycle';
import type { RunPool } from '@loupe/common/models';
import {
  createAttemptMetrics,
  createPoolMetrics,
  createRunMetrics,
  type HealthCheck,
  type HealthProbes,
  type Logger,
  type Metrics,
  observeRunner,
  type PoolLoad,
} from '@loupe/common/observability';
import { openHintProducer } from '@loupe/common/queues';
import type { RedisTarget } from '@loupe/common/redis';
import {
  createClaimRepository,
  createEndingRepository,
  createRunnerSessionRepository,
} from '@loupe/common/repositories/engine';
import type { RunnerConfiguration } from './config';
import { runJob, type RunJobTools } from './run-execution/run-job';
import { createRunner, type Runner } from './run-execution/runner';
import { createSlots, reservedSlots, type Slots } from './run-execution/slots';

export interface RunnerAppOptions {
  stack: ReleaseStack;
  logger: Logger;
  metrics: Metrics;
}

/** Assembles a runner and starts it. It opens no port: what the private endpoint may ask is what it returns. */
export function startRunnerApp(config: RunnerConfiguration, options: RunnerAppOptions): HealthProbes {
  const { stack, logger } = options;
  const { db, engineDb } = openDatabases(config, options);
  const redis = config.redis.target;
  const dispatcher = openDispatcher(config, { db: engineDb, redis, options });
  const runEnds = redis === undefined ? silentRunEndPublisher : openRunEndPublisher(redis);
  stack.defer('run ends', runEnds.close);
  const tools = jobTools(config, { db, runEnds, options });
  const slots = openSlots(config);
  const runner = createRunner({
    runnerId: config.runner.id,
    pools: config.runner.pools,
    slots,
    redis,
    sessions: createRunnerSessionRepository(db),
    claims: createClaimRepository(db),
    endings: tools.ending.endings,
    queueDeadlineSeconds: tools.ending.queueDeadlineSeconds,
    dispatcher,
    runJob: (run, signal) => runJob(tools, run, signal),
    logger,
  });
  runner.start();
  let isDraining = false;
  stack.defer('runner', () => {
    isDraining = true;
    // A second is left of the grace for everything below the runner.
    return runner.stop(Math.max(0, config.shutdown.graceSeconds * 1_000 - 1_000));
  });
  observeRunner(options.metrics, () => ({ pools: loadOf(slots, config.runner.pools), isDraining }));
  return probes(runner, db);
}

function openSlots({ runner, limits }: RunnerConfiguration): Slots {
  const reserved = reservedSlots(runner.slots, limits.running.interactiveShare, runner.pools);
  return createSlots({ total: runner.slots, reserved });
}

const loadOf = (slots: Slots, pools: readonly RunPool[]): PoolLoad[] =>
  [...pools, 'control' as const].map((pool) => ({
    pool,
    slots: slots.most(pool),
    busy: slots.busy(pool),
  }));

function openDatabases(config: RunnerConfiguration, { stack, logger, metrics }: RunnerAppOptions) {
  const { database, runner } = config;
  const pools = createPoolMetrics(metrics, { logger, slowStatementMs: database.slowStatementMs });
  const open = (
    name: string,
    options: Pick<Parameters<typeof openDatabase>[0], 'url' | 'role' | 'maxConnections'>,
  ) => {
    const db = openDatabase({
      ...options,
      sslMode: database.sslMode,
      minConnections: Math.min(database.minConnections, options.maxConnections),
      applicationName: `loupe-runner ${runner.id}`,
      observer: pools.observer,
      onIdleError: (error) => {
        logger.warn('Database connection lost', { error });
      },
    });
    stack.defer(name, db.close);
    pools.watch(db.pool);
    return db;
  };
  return {
    db: open('database', {
      url: database.runnerUrl,
      role: 'loupe_runner',
      maxConnections: database.maxConnections,
    }),
    engineDb: open('engine database', { url: database.engineUrl, role: 'loupe_engine', maxConnections: 2 }),
  };
}

function openDispatcher(
  { limits }: RunnerConfiguration,
  { db, redis, options }: { db: Database; redis: RedisTarget | undefined; options: RunnerAppOptions },
): Dispatcher {
  const hints = redis && openHintProducer(redis);
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
  return dispatcher;
}

function jobTools(
  config: RunnerConfiguration,
  { db, runEnds, options }: { db: Database; runEnds: RunEndPublisher; options: RunnerAppOptions },
): RunJobTools {
  const { limits, runner, secrets } = config;
  // A runner that is busy with one datasource has as many connections to it as slots: each is worth keeping.
  const sources = createSessionSource({ maxIdle: runner.slots * 2, maxIdlePerDatasource: runner.slots });
  options.stack.defer('source connections', () => sources.close());
  return {
    db,
    runEnds,
    attempt: {
      opener: keepOpened(createOpener(secrets.keys)),
      sources,
      quarantineMemoryMb: runner.quarantineMemoryMb,
      limits: {
        maxBytes: runner.maxResultBytes,
        maxColumns: runner.maxResultColumns,
        maxCellBytes: runner.maxResultCellBytes,
      },
    },
    ending: {
      endings: createEndingRepository(db),
      resultTtlDays: limits.resultTtlDays,
      queueDeadlineSeconds: limits.queueDeadlineSeconds,
    },
    metrics: { ...createRunMetrics(options.metrics), ...createAttemptMetrics(options.metrics) },
    logger: options.logger,
  };
}

function probes(runner: Runner, db: Database): HealthProbes {
  return {
    live: () => !runner.isDeaf(),
    startup: () => runner.hasSession(),
    async ready() {
      return { database: await databaseCheck(db), session: sessionCheck(runner) };
    },
  };
}

async function databaseCheck(db: Database): Promise<HealthCheck> {
  const began = performance.now();
  try {
    await db.one({ name: 'health.database', text: 'SELECT 1 AS ok' });
    return { status: 'healthy', latency_ms: Math.round(performance.now() - began) };
  } catch {
    return { status: 'unhealthy', message: 'The database does not answer' };
  }
}

const sessionCheck = (runner: Runner): HealthCheck =>
  runner.hasSession() ? { status: 'healthy' } : { status: 'degraded', message: 'No open session' };
