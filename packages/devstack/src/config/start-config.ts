import { parseArgs } from 'node:util';
import { resolve } from 'node:path';
import Joi from 'joi';
import {
  appSection,
  composeConfig,
  databaseSection,
  loadConfig,
  redisSection,
  section,
} from '@loupe/common/config';
import { errorText, LoupeError } from '@loupe/common/errors';
import { REPOSITORY } from '../home/loupe-home';
import { startProblem } from '../screen/start-problem';

/** What the user asked for. */
export interface StartConfig {
  fresh: boolean;
  /** LOUPE_HOME, absolute. */
  folder: string;
  api: { host: string; port: number };
  /** Set: no metadata cluster of our own. */
  database: { url: string; migrationUrl: string; sslMode: SslMode } | undefined;
  /** Set: no Redis of our own. */
  redisUrl: string | undefined;
}

type SslMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

export const HELP = `Starts the whole of Loupe on this machine, with sample data, and runs a query before your eyes.

  npm start                 start, and go on until Ctrl-C
  npm start -- --fresh      remove everything that earlier starts kept in .loupe/, then start
  npm start -- --help       this text

Settings, all optional:
  API_HOST, API_PORT        where the API listens (127.0.0.1, 8080); everything else takes free ports
  DATABASE_URL              a PostgreSQL of yours for Loupe’s own data; MIGRATION_DATABASE_URL if its tables
                            belong to another login
  REDIS_URL                 a Redis of yours for the queue
  LOUPE_HOME                where data, logs and secrets are kept (.loupe in this checkout)
`;

const databaseVariables = databaseSection.variables;
const optionalUrl = (): Joi.AnySchema => (databaseVariables['DATABASE_URL'] as Joi.AnySchema).optional();

const startSection = section({
  variables: {
    API_HOST: Joi.string().hostname().default('127.0.0.1').description('Where the API listens.'),
    API_PORT: Joi.number().integer().min(1).max(65_535).default(8080).description('Where the API listens.'),
    DATABASE_URL: optionalUrl(),
    MIGRATION_DATABASE_URL: optionalUrl(),
    DB_SSL_MODE: databaseVariables['DB_SSL_MODE'] as Joi.AnySchema<SslMode>,
    REDIS_URL: redisSection.variables['REDIS_URL'] as Joi.AnySchema,
    LOUPE_HOME: Joi.string().default('.loupe').description('Where a start keeps its data, logs and secrets.'),
  },
  read: (values): Omit<StartConfig, 'fresh'> => {
    const url = values.DATABASE_URL as string | undefined;
    const migrationUrl = (values.MIGRATION_DATABASE_URL as string | undefined) ?? url;
    return {
      folder: resolve(REPOSITORY, values.LOUPE_HOME),
      api: { host: values.API_HOST, port: values.API_PORT },
      database:
        url === undefined || migrationUrl === undefined
          ? undefined
          : { url, migrationUrl, sslMode: values.DB_SSL_MODE },
      redisUrl: values.REDIS_URL as string | undefined,
    };
  },
});

/** Reads the command line and the environment; `help` when only the text is wanted. */
export function readStartConfig(args: readonly string[], env: NodeJS.ProcessEnv): StartConfig | 'help' {
  const flags = parseFlags(args);
  if (flags.help) return 'help';
  const { start } = load(env);
  if (flags.fresh && (start.database !== undefined || start.redisUrl !== undefined)) {
    const name = start.database === undefined ? 'REDIS_URL' : 'DATABASE_URL';
    throw startProblem(
      `--fresh removes only what Loupe keeps itself, and ${name} names something of yours: unset it, or start without --fresh.`,
    );
  }
  return { ...start, fresh: flags.fresh };
}

function load(env: NodeJS.ProcessEnv): { start: Omit<StartConfig, 'fresh'> } {
  // A variable that is set to nothing means the same as one that is not set.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  try {
    return loadConfig(composeConfig({ app: appSection, start: startSection }), given, {
      workingDirectory: REPOSITORY,
    });
  } catch (error) {
    if (!(error instanceof LoupeError) || error.fields === undefined) throw error;
    throw startProblem(`The settings cannot be used: ${Object.values(error.fields).join('; ')}.`, error);
  }
}

function parseFlags(args: readonly string[]): { fresh: boolean; help: boolean } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        fresh: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return values;
  } catch (error) {
    throw startProblem(`${errorText(error).split('.')[0]}: npm start -- --help lists what there is.`, error);
  }
}
