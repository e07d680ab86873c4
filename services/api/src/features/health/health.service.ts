import { type HealthCheck, type HealthChecks, overallHealth } from '@loupe/common/observability';
import type { SchemaRepository } from '@loupe/common/repositories';
import type { HealthReport } from './health.contract';
import { checkMemory } from './memory';

interface HealthParts {
  schema: SchemaRepository;
  /** The migrations that this build was made for. */
  expectedMigrations: readonly string[];
  version: string;
  /** Undefined: configured without. */
  redisStatus: () => 'ready' | 'away' | undefined;
  /** Whether the latest attempt to admit runs went well. */
  isDispatching: () => boolean;
  isStarted: () => boolean;
}

export interface HealthService {
  isStarted(): boolean;
  /** What a load balancer needs to know. */
  ready(): Promise<HealthReport>;
  /** The same, and what an operator would like to know. */
  full(): Promise<HealthReport>;
  checks(): Promise<HealthChecks>;
}

/** A probe's own patience is seconds; a database that needs longer than this does not serve people either. */
const DATABASE_PATIENCE_MS = 3_000;

export function createHealthService(parts: HealthParts): HealthService {
  const appliedMigrations = sharedWhilePending(() => parts.schema.appliedMigrations());
  const checks = async (): Promise<HealthChecks> => ({
    ...(await checkDatabase({ ...parts, appliedMigrations })),
    redis: checkRedis(parts.redisStatus()),
    queue: checkQueue(parts.isDispatching()),
  });
  const report = (all: HealthChecks): HealthReport => ({
    status: overallHealth(all),
    version: parts.version,
    checks: all,
  });
  return {
    checks,
    isStarted: parts.isStarted,
    ready: async () => report(await checks()),
    full: async () => report({ ...(await checks()), memory: checkMemory() }),
  };
}

/** One statement answers both: is the database there, and is it the one this build expects? */
async function checkDatabase({
  appliedMigrations,
  expectedMigrations,
}: Pick<HealthParts, 'expectedMigrations'> & {
  appliedMigrations: () => Promise<string[]>;
}): Promise<{ database: HealthCheck; migrations: HealthCheck }> {
  const began = performance.now();
  const applied = await withPatience(appliedMigrations());
  const latency_ms = Math.round(performance.now() - began);
  if (applied === undefined) {
    return {
      database: { status: 'unhealthy', message: 'The database does not answer', latency_ms },
      migrations: { status: 'unhealthy', message: 'Unknown while the database does not answer' },
    };
  }
  return {
    database: { status: 'healthy', latency_ms },
    migrations: checkMigrations(applied, expectedMigrations),
  };
}

/** While the database is silent, probes come again and again: they wait for one answer instead of a connection each. */
function sharedWhilePending<T>(ask: () => Promise<T>): () => Promise<T> {
  let pending: Promise<T> | undefined;
  return () => {
    pending ??= ask().finally(() => {
      pending = undefined;
    });
    return pending;
  };
}

/** Undefined for a failure, and for an answer that takes too long. */
async function withPatience<T>(answer: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), DATABASE_PATIENCE_MS);
  });
  try {
    return await Promise.race([answer.catch(() => undefined), patience]);
  } finally {
    clearTimeout(timer);
  }
}

/** More than expected is fine: a schema goes ahead of the last servers that know only the one before. */
function checkMigrations(applied: readonly string[], expected: readonly string[]): HealthCheck {
  const missing = expected.filter((name) => !applied.includes(name));
  const details = { applied: applied.length, expected: expected.length, missing };
  return missing.length === 0
    ? { status: 'healthy', details }
    : {
        status: 'unhealthy',
        message: `${missing.length} migrations are missing; run the migrate command`,
        details,
      };
}

function checkRedis(status: 'ready' | 'away' | undefined): HealthCheck {
  if (status === undefined)
    return { status: 'healthy', message: 'Not configured; runners find runs by polling' };
  if (status === 'ready') return { status: 'healthy' };
  return { status: 'degraded', message: 'Redis does not answer; runs start a little later' };
}

const checkQueue = (isDispatching: boolean): HealthCheck =>
  isDispatching
    ? { status: 'healthy' }
    : { status: 'degraded', message: 'Runs could not be handed to runners; the scheduler tries again' };
