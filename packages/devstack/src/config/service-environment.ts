import type { Secrets } from '../home/secrets';

export interface ServiceFacts {
  api: { host: string; port: number };
  /** The application login; the owner's is for migrations and never handed to a service. */
  databaseUrl: string;
  /** True when the database is the user's own. */
  databaseIsGiven: boolean;
  /** Undefined: the services run without Redis. */
  redisUrl: string | undefined;
  secrets: Secrets;
  metricsPort: number;
}

/** Settings that must not reach a service by accident: they would bend its connections (libpq's) or widen its rights. */
const WITHHELD = /^(PG|npm_|INIT_CWD$|LOUPE_TEST_|MIGRATION_DATABASE_URL)/;
const OTHER_REDIS = /^REDIS_(SENTINEL|USERNAME$|PASSWORD$)/;
const ENGINE_LOGINS = /^(ENGINE|RUNNER)_DATABASE_URL/;

/** How long a service may drain before it gives up by itself. */
export const SHUTDOWN_GRACE_SECONDS = 6;

/** What one service finds in its environment: the user's own settings, and over them what this start has decided. */
export function serviceEnvironment(
  given: Readonly<NodeJS.ProcessEnv>,
  facts: ServiceFacts,
): NodeJS.ProcessEnv {
  const { secrets } = facts;
  return {
    LOG_FORMAT: 'text',
    SHUTDOWN_GRACE_SECONDS: String(SHUTDOWN_GRACE_SECONDS),
    // Keys of the user's own come first: a database that is shared was sealed with them.
    ENCRYPTION_KEY: secrets.encryptionKey,
    PASSWORD_PEPPER: secrets.passwordPepper,
    JWT_SIGNING_KEYS: secrets.jwtSigningKey,
    ...passedOn(given, facts),
    APP_ENV: 'local',
    DATABASE_URL: facts.databaseUrl,
    ...(facts.redisUrl === undefined ? {} : { REDIS_URL: facts.redisUrl }),
    API_HOST: facts.api.host,
    API_PORT: String(facts.api.port),
    METRICS_HOST: '127.0.0.1',
    METRICS_PORT: String(facts.metricsPort),
  };
}

function passedOn(
  given: Readonly<NodeJS.ProcessEnv>,
  { databaseIsGiven, redisUrl }: ServiceFacts,
): NodeJS.ProcessEnv {
  const entries = Object.entries(given).filter(
    ([name, value]) =>
      value !== '' &&
      !WITHHELD.test(name) &&
      name !== 'REDIS_URL' &&
      (redisUrl === undefined || !OTHER_REDIS.test(name)) &&
      (databaseIsGiven || !ENGINE_LOGINS.test(name)),
  );
  return Object.fromEntries(entries);
}
