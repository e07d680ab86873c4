import Joi from 'joi';
import { section, type Problems, type Section } from '../definition';
import { databaseUrl, hasWellKnownPassword, userOf } from '../urls';
import { PRODUCTION, wholeNumber } from '../values';

/** libpq's modes, by name and meaning. */
export type SslMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

export interface DatabaseConfig {
  url: string;
  /** For the pool of the engine role; the same as `url` unless a pooler in transaction mode asks for its own. */
  engineUrl: string;
  /** The same for the runner role. */
  runnerUrl: string;
  minConnections: number;
  maxConnections: number;
  sslMode: SslMode;
  slowStatementMs: number;
}

export interface MigrationConfig {
  /** The owner's connection. */
  url: string;
  /** What the services connect with; its login is granted the roles they take. */
  applicationUrl: string;
  sslMode: SslMode;
  /** Migrations and services use one login: the services could change the schema. Never true in production. */
  sharesLogin: boolean;
}

const STRONG_MODES = ['require', 'verify-ca', 'verify-full'] as const;

const sslMode = (): Joi.StringSchema<SslMode> =>
  Joi.string<SslMode>()
    .when('APP_ENV', {
      is: PRODUCTION,
      then: Joi.valid(...STRONG_MODES).default('require'),
      otherwise: Joi.valid('disable', 'allow', 'prefer', ...STRONG_MODES).default('prefer'),
    })
    .meta({
      default: '`prefer`; in production `require`',
      allowed:
        '`disable`, `allow`, `prefer`, `require`, `verify-ca`, `verify-full`; the first three not in production',
    })
    .description(
      'TLS to the metadata database. `allow` and `prefer` never use it: they promise nothing, and the driver cannot fall back.',
    );

const applicationUrl = (): Joi.StringSchema =>
  databaseUrl().description('Metadata database, as the application role, which owns nothing.');

function sharesLogin(ownerUrl: string | undefined, applicationUrl: string): boolean {
  return ownerUrl === undefined || userOf(ownerUrl) === userOf(applicationUrl);
}

/** Known passwords pass on a developer's machine and in tests; nothing else makes a production rule of them. */
function wellKnownPasswords(values: Record<string, unknown>): Problems {
  const problems: Problems = {};
  for (const [name, value] of Object.entries(values)) {
    if (name.endsWith('DATABASE_URL') && typeof value === 'string' && hasWellKnownPassword(value)) {
      problems[name] = `${name} has a password that everybody knows`;
    }
  }
  return problems;
}

/** The metadata database, as the services use it. */
export const databaseSection: Section<DatabaseConfig> = section({
  variables: {
    DATABASE_URL: applicationUrl().required(),
    ENGINE_DATABASE_URL: databaseUrl()
      .meta({ default: '`DATABASE_URL`' })
      .description('Login of its own for the engine role; needed behind a pooler in transaction mode.'),
    RUNNER_DATABASE_URL: databaseUrl()
      .meta({ default: '`DATABASE_URL`' })
      .description('Login of its own for the runner role; needed behind a pooler in transaction mode.'),
    DB_MIN_CONNECTIONS: wholeNumber(0, 1000).default(2).description('Connections kept open, a process.'),
    DB_MAX_CONNECTIONS: wholeNumber(1, 1000).default(10).description('Most connections, a process.'),
    DB_SSL_MODE: sslMode(),
    SLOW_STATEMENT_MS: wholeNumber(1, 3_600_000)
      .default(1000)
      .description('Statements on the metadata database that take longer (milliseconds) are logged by name.'),
  },
  check: (values, isProduction) => ({
    ...((values.DB_MIN_CONNECTIONS ?? 0) > (values.DB_MAX_CONNECTIONS ?? Infinity) && {
      DB_MIN_CONNECTIONS: 'DB_MIN_CONNECTIONS must not exceed DB_MAX_CONNECTIONS',
    }),
    ...(isProduction && wellKnownPasswords(values)),
  }),
  read: (values) => ({
    url: values.DATABASE_URL,
    engineUrl: (values.ENGINE_DATABASE_URL as string | undefined) ?? values.DATABASE_URL,
    runnerUrl: (values.RUNNER_DATABASE_URL as string | undefined) ?? values.DATABASE_URL,
    minConnections: values.DB_MIN_CONNECTIONS,
    maxConnections: values.DB_MAX_CONNECTIONS,
    sslMode: values.DB_SSL_MODE,
    slowStatementMs: values.SLOW_STATEMENT_MS,
  }),
});

/** The metadata database, as its owner: for migrations alone. */
export const migrationSection: Section<MigrationConfig> = section({
  variables: {
    MIGRATION_DATABASE_URL: databaseUrl()
      .meta({ default: '`DATABASE_URL`; in production required, with another user' })
      .description("The owner's connection to the metadata database, for migrations alone."),
    DATABASE_URL: applicationUrl().required(),
    DB_SSL_MODE: sslMode(),
  },
  check: (values, isProduction) => ({
    ...(isProduction && wellKnownPasswords(values)),
    ...(isProduction &&
      values.DATABASE_URL !== undefined &&
      sharesLogin(values.MIGRATION_DATABASE_URL, values.DATABASE_URL) && {
        MIGRATION_DATABASE_URL:
          'MIGRATION_DATABASE_URL must name another user than DATABASE_URL: the services must own nothing',
      }),
  }),
  read: (values) => {
    const ownerUrl = values.MIGRATION_DATABASE_URL as string | undefined;
    return {
      url: ownerUrl ?? values.DATABASE_URL,
      applicationUrl: values.DATABASE_URL,
      sslMode: values.DB_SSL_MODE,
      sharesLogin: sharesLogin(ownerUrl, values.DATABASE_URL),
    };
  },
});
