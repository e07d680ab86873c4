import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import supertest from 'supertest';
import { loadConfig } from '@loupe/common/config';
import { type AccessTokens, createAccessTokens } from '@loupe/common/crypto';
import type { Database } from '@loupe/common/db';
import { createReleaseStack } from '@loupe/common/lifecycle';
import { createLogger, createMetrics } from '@loupe/common/observability';
import { migrationsDirectory, openTestDatabase, type TestDatabase } from '@loupe/common/testing';
import { createApp } from '../app';
import { apiConfig, type ApiConfig } from '../config';
import type { Route } from '../http/route';
import { createAnswerCheck } from './declared-answers';
import { createMember, type Member, type MemberChoices } from './members';

/** The whole API on a database of its own, listening on a free port of 127.0.0.1. */
export interface TestApi {
  database: TestDatabase;
  /** Pools to arrange things with: what requests may do, and what the engine and a runner may. */
  app: Database;
  engine: Database;
  runner: Database;
  port: number;
  routes: readonly Route[];
  /** Requests without a token; paths are whole. */
  anonymous: supertest.Agent;
  /** Requests with a token; paths begin below /api/v1. */
  as(member: Member): Client;
  /** A user with a session, in a new organization unless one is named. Sign-in itself is not gone through. */
  member(choices?: MemberChoices): Promise<Member>;
  /** Names of the statements that request code runs while `work` does. */
  statementsOf(work: () => Promise<unknown>): Promise<string[]>;
  /** How often request code has run the statement of this name so far. */
  statementCount(name: string): number;
  /** All that was logged, one JSON object a line. */
  log(): string;
  close(): Promise<void>;
}

export type Client = Record<'get' | 'post' | 'put' | 'patch' | 'delete', (path: string) => supertest.Test>;

type Settings = Record<string, string>;

/** @param settings environment variables, perhaps made from the database's address. */
export async function startTestApi(
  settings: Settings | ((database: TestDatabase) => Settings) = {},
): Promise<TestApi> {
  const stack = createReleaseStack();
  const database = await openTestDatabase();
  stack.defer('database', () => database.close());
  const config = testConfig(database, typeof settings === 'function' ? settings(database) : settings);
  const record: Recording = { lines: [], statements: [] };
  const app = createApp({
    config,
    stack,
    ...recordingParts(record),
    version: '0.0.0-test',
    migrationsDirectory,
  });
  const port = await app.server.listen({ host: '127.0.0.1', port: 0 });
  stack.defer('server', () => app.server.close(5_000));
  await app.start();

  const appPool = database.open('loupe_app');
  const tokens = tokensOf(config);
  const checkAnswer = createAnswerCheck(app.routes);
  const anonymous = supertest.agent(`http://127.0.0.1:${port}`);
  // An agent hands its plugins to each request that it makes.
  anonymous.use((request: supertest.Test) => void request.expect(checkAnswer));
  return {
    database,
    app: appPool,
    engine: database.open('loupe_engine'),
    runner: database.open('loupe_runner'),
    port,
    routes: app.routes,
    anonymous,
    as: (member) => clientOf(anonymous, member),
    member: (choices) => createMember(appPool, tokens, choices),
    async statementsOf(work) {
      const before = record.statements.length;
      await work();
      return record.statements.slice(before);
    },
    statementCount: (name) => record.statements.filter((one) => one === name).length,
    log: () => record.lines.join(''),
    close: async () => void (await stack.releaseAll(20_000)),
  };
}

/** Accepted by the API, because they are signed with its own keys. */
const tokensOf = ({ tokens }: ApiConfig): AccessTokens =>
  createAccessTokens({
    signingKeys: tokens.signingKeys,
    issuer: 'loupe',
    audience: 'loupe-api',
    lifetimeSeconds: 3_600,
  });

interface Recording {
  lines: string[];
  statements: string[];
}

function recordingParts({ lines, statements }: Recording) {
  return {
    logger: createLogger({ service: 'api', level: 'debug', format: 'json', destination: sinkOf(lines) }),
    metrics: createMetrics('api', { version: '0.0.0-test' }),
    observer: {
      acquired: () => undefined,
      acquireTimedOut: () => undefined,
      statement: (name: string) => void statements.push(name),
    },
  };
}

function testConfig(database: TestDatabase, settings: Settings): ApiConfig {
  const key = (): string => randomBytes(32).toString('base64');
  return loadConfig(apiConfig, {
    DATABASE_URL: database.url,
    DB_SSL_MODE: 'disable',
    DB_MIN_CONNECTIONS: '0',
    REDIS_URL: process.env.LOUPE_TEST_REDIS_URL,
    REDIS_NAMESPACE: `test-${randomBytes(6).toString('hex')}`,
    PASSWORD_PEPPER: key(),
    ENCRYPTION_KEY: key(),
    ...settings,
  });
}

const sinkOf = (lines: string[]): Writable =>
  new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });

function clientOf(agent: supertest.Agent, { token }: Member): Client {
  const request = (method: keyof Client) => (path: string) =>
    agent[method](`/api/v1${path}`).set('Authorization', `Bearer ${token}`);
  return {
    get: request('get'),
    post: request('post'),
    put: request('put'),
    patch: request('patch'),
    delete: request('delete'),
  };
}
