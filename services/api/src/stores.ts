import type { BodyCache } from '@loupe/common/cache';
import { createDispatcher, type Dispatcher } from '@loupe/common/commands';
import { type Database, type DatabaseRole, openDatabase, type PoolObserver } from '@loupe/common/db';
import {
  type CancelPublisher,
  openCancelPublisher,
  openRunEnds,
  type RunEnds,
  silentCancelPublisher,
} from '@loupe/common/events';
import type { ReleaseStack } from '@loupe/common/lifecycle';
import {
  type CacheMetrics,
  createCacheMetrics,
  createPoolMetrics,
  type Logger,
  type Metrics,
} from '@loupe/common/observability';
import { type HintProducer, openHintProducer } from '@loupe/common/queues';
import { openStatementGate, type StatementGate } from '@loupe/common/statement-gate';
import type { ApiConfig } from './config';
import { openBodyCache } from './open-body-cache';

export interface StoreParts {
  config: ApiConfig;
  /** Of this build. */
  version: string;
  logger: Logger;
  metrics: Metrics;
  /** Takes the closes of what is opened here. */
  stack: Pick<ReleaseStack, 'defer'>;
  /** Watches the statements of requests, beside the metrics. */
  observer?: PoolObserver;
}

/** What the API keeps open. */
export interface Stores {
  /** Request code: one organization at a time. */
  db: Database;
  /** All organizations: for admission and for operators, never for a user's request. */
  engine: Database;
  dispatcher: Dispatcher;
  cancellations: CancelPublisher;
  runEnds: RunEnds;
  statementGate: StatementGate;
  cache: BodyCache | undefined;
  cacheMetrics: CacheMetrics;
  redisStatus: () => 'ready' | 'away' | undefined;
  /** Whether the latest attempt to admit runs went well. */
  isDispatching: () => boolean;
}

/** Admission is one short transaction at a time; a second connection replaces one that breaks. */
const ENGINE_CONNECTIONS = 2;

export function openStores(parts: StoreParts): Stores {
  const { config, stack } = parts;
  const { db, engine } = openPools(parts);
  const redis = config.redis.target;
  const hints = redis && openHintProducer(redis);
  if (hints !== undefined) stack.defer('hints', () => hints.close());
  const cancellations = redis === undefined ? silentCancelPublisher : openCancelPublisher(redis);
  stack.defer('cancellations', () => cancellations.close());
  const runEnds = openRunEnds(redis);
  stack.defer('run ends', () => runEnds.close());
  const statementGate = openStatementGate();
  stack.defer('statement gate', () => statementGate.close());
  const { dispatcher, isDispatching } = openDispatcher(parts, engine, hints);
  return {
    db,
    engine,
    dispatcher,
    cancellations,
    runEnds,
    statementGate,
    cache: openBodyCache(parts),
    cacheMetrics: createCacheMetrics(parts.metrics),
    isDispatching,
    redisStatus: () => hints?.status(),
  };
}

function openPools({ config, logger, metrics, stack, observer }: StoreParts): {
  db: Database;
  engine: Database;
} {
  const { url, engineUrl, sslMode, minConnections, maxConnections, slowStatementMs } = config.database;
  const poolMetrics = createPoolMetrics(metrics, { logger, slowStatementMs });
  const open = (
    role: DatabaseRole,
    options: { url: string; max: number; observer: PoolObserver },
  ): Database => {
    const database = openDatabase({
      url: options.url,
      sslMode,
      role,
      minConnections: Math.min(minConnections, options.max),
      maxConnections: options.max,
      applicationName: 'loupe-api',
      observer: options.observer,
      onIdleError: (error) => logger.warn('A database connection broke while idle', { error }),
    });
    poolMetrics.watch(() => database.pool());
    stack.defer(`database ${role}`, () => database.close());
    return database;
  };
  const watched = observer === undefined ? poolMetrics.observer : both(poolMetrics.observer, observer);
  return {
    db: open('loupe_app', { url, max: maxConnections, observer: watched }),
    engine: open('loupe_engine', { url: engineUrl, max: ENGINE_CONNECTIONS, observer: poolMetrics.observer }),
  };
}

const both = (first: PoolObserver, second: PoolObserver): PoolObserver => ({
  acquired: (seconds, operation) => {
    first.acquired(seconds, operation);
    second.acquired(seconds, operation);
  },
  acquireTimedOut: () => {
    first.acquireTimedOut();
    second.acquireTimedOut();
  },
  statement: (name, seconds) => {
    first.statement(name, seconds);
    second.statement(name, seconds);
  },
});

function openDispatcher(
  { config, logger, stack }: StoreParts,
  engine: Database,
  hints: HintProducer | undefined,
): Pick<Stores, 'dispatcher' | 'isDispatching'> {
  let isWell = true;
  const dispatcher = createDispatcher({
    db: engine,
    hints,
    limits: config.limits.running,
    onTick: () => {
      isWell = true;
    },
    onError: (error) => {
      isWell = false;
      logger.warn('Runs could not be admitted; the scheduler tries again', { error });
    },
  });
  stack.defer('dispatcher', () => dispatcher.close());
  return { dispatcher, isDispatching: () => isWell };
}
