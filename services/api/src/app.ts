import {
  createDeadLetters,
  createOperations,
  readDemand,
  readQueueDepths,
} from '@loupe/common/commands/operate';
import { createAccessTokens, createPasswordHasher, createSealer } from '@loupe/common/crypto';
import { migrationNames, type Queryable } from '@loupe/common/db';
import { type HealthProbes, observeQueue } from '@loupe/common/observability';
import {
  createCanvasEdgeRepository,
  createCanvasNodeRepository,
  createCanvasRepository,
  createControlRunRepository,
  createDashboardRepository,
  createDatasourceRepository,
  createDeadRunRepository,
  createIdempotencyKeyRepository,
  createLimitSettingRepository,
  createMemberRepository,
  createQueryRepository,
  createQueryTransferRepository,
  createQueryVersionRepository,
  createRunRepository,
  createRunWaitingRepository,
  createScheduleRepository,
  createSchemaRepository,
  createSessionRepository,
  createTileRepository,
  createUserRepository,
  createVisualizationRepository,
  transactionOf,
} from '@loupe/common/repositories';
import { createResultReader } from '@loupe/common/results';
import type { ApiConfig } from './config';
import { authRoutes } from './features/auth/auth.routes';
import { type AuthService, createAuthService } from './features/auth/auth.service';
import { createCanvasReader } from './features/canvases/canvases.reader';
import { canvasRoutes } from './features/canvases/canvases.routes';
import { createCanvasService } from './features/canvases/canvases.service';
import { edgeRoutes } from './features/canvases/edges.routes';
import { createEdgeService } from './features/canvases/edges.service';
import { nodeRoutes } from './features/canvases/nodes.routes';
import { createNodeService } from './features/canvases/nodes.service';
import { createDashboardReader } from './features/dashboards/dashboards.reader';
import { dashboardRoutes } from './features/dashboards/dashboards.routes';
import { createDashboardService } from './features/dashboards/dashboards.service';
import { tileRoutes } from './features/dashboards/tiles.routes';
import { createTileService } from './features/dashboards/tiles.service';
import { datasourceRoutes } from './features/datasources/datasources.routes';
import { createDatasourceService } from './features/datasources/datasources.service';
import { sourceCheckRoutes } from './features/datasources/source-checks.routes';
import { createSourceCheckService } from './features/datasources/source-checks.service';
import { healthRoutes } from './features/health/health.routes';
import { createHealthService, type HealthService } from './features/health/health.service';
import { limitRoutes } from './features/limits/limits.routes';
import { createLimitService } from './features/limits/limits.service';
import { deadLetterRoutes } from './features/operators/dead-letters.routes';
import { operatorRoutes } from './features/operators/operators.routes';
import { organizationRoutes } from './features/organizations/organizations.routes';
import { createOrganizationService } from './features/organizations/organizations.service';
import { queryRoutes } from './features/queries/queries.routes';
import { createQueryService } from './features/queries/queries.service';
import { transferRoutes } from './features/queries/transfers.routes';
import { createTransferService } from './features/queries/transfers.service';
import { versionRoutes } from './features/queries/versions.routes';
import { createVersionService } from './features/queries/versions.service';
import { deadRunRoutes } from './features/runs/dead-runs.routes';
import { createDeadRunService } from './features/runs/dead-runs.service';
import { runRoutes } from './features/runs/runs.routes';
import { createRunService } from './features/runs/runs.service';
import { scheduleRoutes } from './features/schedules/schedules.routes';
import { createScheduleService } from './features/schedules/schedules.service';
import { visualizationRoutes } from './features/visualizations/visualizations.routes';
import { createVisualizationService } from './features/visualizations/visualizations.service';
import { createApplication } from './http/application';
import { createAuthenticate } from './http/authenticate';
import { createAuthenticateOperator } from './http/authenticate-operator';
import { createHttpServer, type HttpServer } from './http/http-server';
import { withOpenApi } from './http/openapi/openapi.route';
import { createRefuse } from './http/refusal';
import type { Route } from './http/route';
import { createStatementRule } from './http/statement-rule';
import { warnOfLooseSettings } from './loose-settings';
import { openStores, type StoreParts, type Stores } from './stores';

export interface AppParts extends StoreParts {
  /** Holds the migrations that this build expects the database to have. */
  migrationsDirectory: string;
}

export interface App {
  routes: readonly Route[];
  /** Not listening yet. */
  server: HttpServer;
  probes: HealthProbes;
  /** Makes the admin that the configuration names, warns of loose settings, and from then on reports the service as started. */
  start: () => Promise<void>;
}

/** Puts the API together. Opens connections, and no port. */
export function createApp(parts: AppParts): App {
  const { config, logger, metrics } = parts;
  const stores = openStores(parts);
  observeQueue(metrics, () => readQueueDepths(stores.engine));
  const { users } = repositoriesOf(stores.db);
  const tokens = createAccessTokens({
    signingKeys: config.tokens.signingKeys,
    issuer: 'loupe',
    audience: 'loupe-api',
    lifetimeSeconds: config.tokens.accessLifetimeSeconds,
  });
  const auth = createAuthService({
    users,
    transaction: transactionOf(stores.db, repositoriesOf),
    passwords: createPasswordHasher({ pepper: config.tokens.passwordPepper }),
    tokens,
    lifetimes: config.tokens,
  });
  let isStarted = false;
  const health = createHealth(parts, stores, () => isStarted);
  const features = [
    ...authRoutes(auth),
    ...resourceRoutes(config, stores),
    ...operatorsRoutes(config, stores),
    ...healthRoutes(health),
  ];
  const routes = config.http.showsDocs ? withOpenApi(features, parts.version) : features;
  const authenticate = createAuthenticate({
    verify: tokens.verify,
    findUser: (session) => users.findBySession(session),
  });
  const authenticateOperator = createAuthenticateOperator(config.operators.tokens);
  const stopping = new AbortController();
  const front = { config: config.http, routes, authenticate, authenticateOperator, metrics, logger };
  const application = createApplication({ ...front, stopping: stopping.signal });
  return {
    routes,
    server: createHttpServer(application, { refuse: createRefuse(config.http), stopping }),
    probes: { live: () => true, ready: () => health.checks(), startup: () => isStarted },
    async start() {
      warnOfLooseSettings(logger, config);
      if (await makeFirstAdmin(auth, config)) logger.info('Made the first admin');
      isStarted = true;
    },
  };
}

/** Everything that request code reads and writes, over the pool or inside one transaction. */
const repositoriesOf = (db: Queryable) => ({
  users: createUserRepository(db),
  members: createMemberRepository(db),
  sessions: createSessionRepository(db),
  datasources: createDatasourceRepository(db),
  queries: createQueryRepository(db),
  queryTransfers: createQueryTransferRepository(db),
  queryVersions: createQueryVersionRepository(db),
  visualizations: createVisualizationRepository(db),
  dashboards: createDashboardRepository(db),
  tiles: createTileRepository(db),
  canvases: createCanvasRepository(db),
  canvasNodes: createCanvasNodeRepository(db),
  canvasEdges: createCanvasEdgeRepository(db),
  runs: createRunRepository(db),
  schedules: createScheduleRepository(db),
  deadRuns: createDeadRunRepository(db),
  idempotencyKeys: createIdempotencyKeyRepository(db),
  limitSettings: createLimitSettingRepository(db),
  runWaiting: createRunWaitingRepository(db),
});

function resourceRoutes(
  config: ApiConfig,
  { db, dispatcher, cancellations, runEnds, statementGate, cache, cacheMetrics }: Stores,
): Route[] {
  const shared = {
    ...repositoriesOf(db),
    transaction: transactionOf(db, repositoriesOf),
    dispatcher,
    cancellations,
    runEnds,
    keptBodies: { cache, metrics: cacheMetrics },
    statementRule: createStatementRule(statementGate),
    controlRuns: createControlRunRepository(db),
    sealer: createSealer(config.secrets.keys),
    results: createResultReader(db),
    queueDeadlineSeconds: config.limits.queueDeadlineSeconds.interactive,
    scheduledDeadlineSeconds: config.limits.queueDeadlineSeconds.scheduled,
    maxQueuedPerOrg: config.limits.maxQueuedPerOrg,
    runningLimits: config.limits.running,
    minIntervalSeconds: config.schedules.minIntervalSeconds,
  };
  const queryService = createQueryService(shared);
  return [
    ...datasourceRoutes(createDatasourceService(shared)),
    ...sourceCheckRoutes(createSourceCheckService(shared)),
    ...queryRoutes(queryService),
    ...versionRoutes(createVersionService({ ...shared, queryService })),
    ...transferRoutes(createTransferService(shared)),
    ...visualizationRoutes(createVisualizationService(shared)),
    ...dashboardRoutes(createDashboardService(shared), createDashboardReader(shared)),
    ...tileRoutes(createTileService(shared)),
    ...canvasRoutes(createCanvasService(shared), createCanvasReader(shared)),
    ...nodeRoutes(createNodeService(shared)),
    ...edgeRoutes(createEdgeService(shared)),
    ...runRoutes(createRunService(shared)),
    ...deadRunRoutes(createDeadRunService(shared)),
    ...scheduleRoutes(createScheduleService(shared)),
    ...limitRoutes(createLimitService(shared)),
    ...organizationRoutes(createOrganizationService(shared)),
  ];
}

/** None without tokens: then there is no such address. */
function operatorsRoutes({ operators, limits }: ApiConfig, { engine, dispatcher }: Stores): Route[] {
  if (operators.tokens.length === 0) return [];
  const { maxQueuedPerOrg, queueDeadlineSeconds } = limits;
  const deadLetters = createDeadLetters({
    ...{ db: engine, dispatcher, maxQueuedPerOrg },
    queueDeadlineSeconds: queueDeadlineSeconds.scheduled,
  });
  const operations = createOperations(engine);
  return [
    ...operatorRoutes({ operations, demand: () => readDemand(engine, limits.running) }),
    ...deadLetterRoutes(deadLetters),
  ];
}

const createHealth = (parts: AppParts, stores: Stores, isStarted: () => boolean): HealthService =>
  createHealthService({
    schema: createSchemaRepository(stores.db),
    expectedMigrations: migrationNames(parts.migrationsDirectory),
    version: parts.version,
    redisStatus: stores.redisStatus,
    isDispatching: stores.isDispatching,
    isStarted,
  });

async function makeFirstAdmin(auth: AuthService, { admin }: ApiConfig): Promise<boolean> {
  return admin.firstAdmin !== undefined && auth.ensureAdmin(admin.firstAdmin);
}
