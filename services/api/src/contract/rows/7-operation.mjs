const load = 'packages/common/src/config/load.test.ts';
const sources = 'packages/common/src/config/sources.test.ts';
const logger = 'packages/common/src/observability/logger.test.ts';
const defaults = { file: load, test: 'fills in the documented defaults' };

const caching = {
  file: 'packages/common/src/config/sections/cache.test.ts',
  test: 'keeps bodies in the process unless it is told otherwise',
};
const lockout = { later: 'lockout' };
const rates = { later: 'rate limits' };

export const sections = [
  {
    id: '7.1',
    title: 'Environment variables',
    rows: {
      DATABASE_URL: { file: load, test: 'tells every problem at once, by variable' },
      MIGRATION_DATABASE_URL: {
        file: load,
        test: 'lets the services’ own login migrate unless another is given',
      },
      'DB_MIN_CONNECTIONS, DB_MAX_CONNECTIONS': defaults,
      'DB_SSL_MODE: default': defaults,
      'DB_SSL_MODE: production': { file: load, test: 'refuses DB_SSL_MODE %s' },
      'API_HOST, API_PORT': defaults,
      CORS_ALLOWED_ORIGINS: 'suite',
      JWT_SIGNING_KEYS: 'suite',
      'JWT_SIGNING_KEYS: required in production': { file: load, test: 'requires signing keys' },
      JWT_EXPIRATION_HOURS: 'suite',
      'JWT_EXPIRATION_HOURS: 1–720': { file: load, test: 'lets access tokens live from 1 to 720 hours' },
      ENCRYPTION_KEY: { file: load, test: 'refuses keys of another kind, or with something beside them' },
      ENCRYPTION_KEY_V2: { file: load, test: 'puts the next encryption key before the present one' },
      'ENCRYPTION_KEY_V2: ciphertexts carry a version tag': {
        file: 'packages/common/src/crypto/sealed-secrets.test.ts',
        test: 'open after a rotation, while the earlier key is given',
      },
      PASSWORD_PEPPER: { file: load, test: 'requires a pepper' },
      'PASSWORD_PEPPER: base64 of 32 bytes': {
        file: load,
        test: 'refuses a key that is %s, in every environment',
      },
      CACHE_ENABLED: {
        file: 'services/api/src/http/rendered-wholes.api.test.ts',
        test: 'keeps nothing with CACHE_ENABLED=false',
      },
      REDIS_URL: 'suite',
      CACHE_REDIS_URL: {
        file: 'services/api/src/http/rendered-wholes.api.test.ts',
        test: 'one process answers with what another has made',
      },
      CACHE_DEFAULT_TTL: caching,
      'ADMIN_USERNAME, ADMIN_PASSWORD': 'suite',
      'ADMIN_USERNAME, ADMIN_PASSWORD: only together': {
        file: 'services/api/src/config.test.ts',
        test: 'needs both, an address, and a password as good as any other',
      },
      APP_ENV: { file: sources, test: 'takes the environment over the extra file of its kind' },
      LOG_LEVEL: { file: logger, test: 'is left out below the level' },
      LOG_FORMAT: { file: logger, test: 'or as text for people' },
      'OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME': { later: 'tracing' },
      SENTRY_DSN: { later: 'error tracking' },
      CSP_MODE: 'suite',
      ENABLE_HSTS: 'suite',
      'MAX_CONCURRENT_QUERIES_PER_ORG, MAX_CONCURRENT_QUERIES_GLOBAL': {
        file: 'packages/common/src/commands/dispatch-limits.db.test.ts',
        test: 'never exceeds a limit, however many dispatch at once',
      },
      'RUNNER_ID, SCHEDULER_ID': defaults,
      SCHEDULER_POLL_INTERVAL_SECONDS: {
        file: 'services/scheduler/src/tasks/fire-due-schedules.db.test.ts',
        test: 'looks again when the interval is over, though it knew of nothing due',
      },
      'SCHEDULER_POLL_INTERVAL_SECONDS: default': defaults,
      'secrets from files': {
        file: sources,
        test: 'takes a mounted secret over a named file over the plain variable',
      },
      'start-up validates everything': { file: load, test: 'tells every problem at once, by variable' },
      'and prints no secret': { file: load, test: 'never repeats a value, whatever variable it was put in' },
    },
  },
  {
    id: '7.3',
    title: 'Lockout',
    rows: {
      '5 failures in 15 minutes lock, for longer each time': lockout,
      'answers 429 with Retry-After': lockout,
      'X-Device-Token is counted apart': lockout,
    },
  },
  {
    id: '7.4',
    title: 'CORS',
    rows: {
      origins: 'suite',
      methods: 'suite',
      headers: 'suite',
      'no credentials': 'suite',
      'preflight cached': 'suite',
      unset: 'suite',
      exposed: 'suite',
      'on errors': 'suite',
      'preflights are not limited': rates,
    },
  },
  {
    id: '7.5',
    title: 'Rate limits',
    rows: {
      'all requests': rates,
      'POST /auth/register': rates,
      'POST /auth/login': rates,
      'POST /runs/execute': rates,
      'RATE_LIMIT_<SCOPE>': rates,
    },
  },
];
