import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import { createDispatcher, type Dispatcher, type EndedControlRun, runControl } from '@loupe/common/commands';
import { loadConfig } from '@loupe/common/config';
import { createSealer } from '@loupe/common/crypto';
import type { Database } from '@loupe/common/db';
import { createReleaseStack, type ReleaseStack } from '@loupe/common/lifecycle';
import { type ControlKind, datasourceSecretPlace } from '@loupe/common/models';
import { createLogger, createMetrics, type HealthProbes } from '@loupe/common/observability';
import { openHintProducer } from '@loupe/common/queues';
import type { RedisTarget } from '@loupe/common/redis';
import { createControlRunRepository, createDatasourceRepository } from '@loupe/common/repositories';
import {
  createRun,
  createTenant,
  openPostgresSource,
  openTestDatabase,
  type PostgresSource,
  type RunChoices,
  type Tenant,
  type TestDatabase,
  testLimits,
  testRedis,
} from '@loupe/common/testing';
import { startRunnerApp } from '../app';
import { runnerConfig, type RunnerConfiguration } from '../config';

/** Everything that a runner needs around it: its database, a source with its own login, and somebody who admits runs. */
export interface RunnerBench {
  database: TestDatabase;
  source: PostgresSource;
  app: Database;
  engine: Database;
  runner: Database;
  tenant: Tenant;
  redis: ReturnType<typeof testRedis>;
  /** The whole runner in this process. Without `REDIS_URL` among the settings it polls. */
  start(settings?: Record<string, string>): StartedRunner;
  /** Makes a run and has it admitted. */
  run(choices?: RunChoices & { tenant?: Tenant }): Promise<string>;
  /** Makes a run that has lost its runner before, and has it admitted to quarantine. */
  runInQuarantine(choices?: RunChoices): Promise<string>;
  /** Has the tenant's source tested or described; resolves when that has ended. */
  check(kind: ControlKind, tenant?: Tenant): Promise<EndedControlRun>;
  /** A tenant with a datasource of the given settings, its password sealed for the place that a runner looks in. */
  tenantOf(settings?: object, sealFor?: string): Promise<Tenant>;
  close(): Promise<void>;
}

export interface StartedRunner {
  health: HealthProbes;
  /** As SIGTERM does it. */
  stop(): ReturnType<ReleaseStack['releaseAll']>;
  /** All that was logged, one JSON object a line. */
  log(): string;
}

/** What a test's source is busy with for minutes, without a lock or a sleep. */
export const heavyStatement =
  'SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b WHERE a <> b';

export async function openRunnerBench({ hints = false } = {}): Promise<RunnerBench> {
  const stack = createReleaseStack();
  const database = await openTestDatabase();
  stack.defer('database', () => database.close());
  const source = await openPostgresSource();
  stack.defer('source', () => source.close());
  const redis = testRedis();
  const engine = database.open('loupe_engine');
  const app = database.open('loupe_app');
  const dispatcher = openDispatcher(engine, hints ? redis : undefined, stack);
  const encryptionKey = randomBytes(32).toString('base64');
  const start = (settings: Record<string, string> = {}): StartedRunner =>
    startRunner({ DATABASE_URL: database.url, ENCRYPTION_KEY: encryptionKey, ...settings }, stack);
  const tenantOf = tenantMaker({ app, source, encryptionKey });
  const tenant = await tenantOf();
  return {
    database, source, app, engine, runner: database.open('loupe_runner'), tenant, redis, start, tenantOf,
    async run({ tenant: owner = tenant, ...choices } = {}) {
      const { id } = await createRun(app, owner, choices);
      dispatcher.dispatch();
      return id;
    },
    async runInQuarantine(choices) {
      const { id } = await createRun(app, tenant, choices);
      const text = `UPDATE runs SET pool = 'quarantine' WHERE id = $1`;
      await engine.execute({ name: 'test.quarantine', text, values: [id] });
      dispatcher.dispatch();
      return id;
    },
    check: (kind, { datasourceId, ...actor } = tenant) =>
      runControl({ controlRuns: createControlRunRepository(app), dispatcher }, actor, { kind, datasourceId }),
    close: async () => void (await stack.releaseAll(20_000)),
  }; // prettier-ignore
}

function openDispatcher(engine: Database, redis: RedisTarget | undefined, stack: ReleaseStack): Dispatcher {
  const hints = redis && openHintProducer(redis);
  if (hints !== undefined) stack.defer('hints', () => hints.close());
  const dispatcher = createDispatcher({
    db: engine,
    hints,
    limits: testLimits({ perOrg: 100, perDatasource: 100 }),
  });
  stack.defer('dispatcher', () => dispatcher.close());
  return dispatcher;
}

function tenantMaker({
  app,
  source,
  encryptionKey,
}: {
  app: Database;
  source: PostgresSource;
  encryptionKey: string;
}): RunnerBench['tenantOf'] {
  const { secrets } = loadConfig(runnerConfig, {
    DATABASE_URL: 'postgres://localhost/unused',
    ENCRYPTION_KEY: encryptionKey,
  });
  const sealer = createSealer(secrets.keys);
  return async (settings = {}, sealFor) => {
    const { password, ...open } = source.settings;
    const tenant = await createTenant(app, { ...open, ...settings });
    const place = datasourceSecretPlace(tenant.orgId, sealFor ?? tenant.datasourceId);
    const sealed = await sealer.seal(JSON.stringify({ password }), place);
    await createDatasourceRepository(app).replaceSecret(tenant, tenant.datasourceId, sealed);
    return tenant;
  };
}

function startRunner(settings: Record<string, string>, around: ReleaseStack): StartedRunner {
  const lines: string[] = [];
  const stack = createReleaseStack();
  const config: RunnerConfiguration = loadConfig(runnerConfig, {
    DB_SSL_MODE: 'disable',
    DB_MIN_CONNECTIONS: '0',
    SHUTDOWN_GRACE_SECONDS: '5',
    ...settings,
  });
  const logger = createLogger({
    service: 'runner',
    level: 'info',
    format: 'json',
    destination: sinkOf(lines),
  });
  const metrics = createMetrics('runner', { version: '0.0.0-test' });
  const health = startRunnerApp(config, { stack, logger, metrics });
  const stop = () => stack.releaseAll(config.shutdown.graceSeconds * 1_000);
  // A test that fails half-way leaves nothing behind.
  around.defer('runner', stop);
  return { health, stop, log: () => lines.join('') };
}

const sinkOf = (lines: string[]): Writable =>
  new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
