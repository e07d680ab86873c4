import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import express, { type Request, type RequestHandler } from 'express';
import helmet from 'helmet';
import {
  appSection,
  composeConfig,
  databaseSection,
  httpSection,
  loadConfig,
  tokensSection,
} from '@loupe/common/config';
import { createAccessTokens } from '@loupe/common/crypto';
import { openDatabase } from '@loupe/common/db';
import { runService } from '@loupe/common/lifecycle';
import { createLogger } from '@loupe/common/observability';
import { createUserRepository } from '@loupe/common/repositories';

const definition = composeConfig({
  app: appSection,
  database: databaseSection,
  http: httpSection,
  tokens: tokensSection,
});

/**
 * What the API is measured against: Express with helmet, a request id, the API's own check of token and session, and answers
 * that lie in memory. Its argument is the folder that holds them.
 */
void runService('bare', async ({ stack, configure }) => {
  const config = loadConfig(definition);
  configure({ logger: createLogger({ service: 'bare', level: 'info', format: 'text' }), graceSeconds: 5 });
  const { url, sslMode, minConnections, maxConnections } = config.database;
  const db = openDatabase({
    ...{ url, sslMode, minConnections, maxConnections },
    ...{ role: 'loupe_app', applicationName: 'bare' },
  });
  stack.defer('database', () => db.close());
  const users = createUserRepository(db);
  const tokens = createAccessTokens({
    signingKeys: config.tokens.signingKeys,
    ...{ issuer: 'loupe', audience: 'loupe-api', lifetimeSeconds: config.tokens.accessLifetimeSeconds },
  });
  const folder = process.argv[2] ?? '';
  const answerOf =
    (name: string): RequestHandler =>
    (_req, res) =>
      void res.type('json').send(bodies[name]);
  const bodies: Record<string, Buffer> = {
    one: readFileSync(join(folder, 'one.json')),
    list: readFileSync(join(folder, 'list.json')),
  };
  const app = express();
  app.disable('x-powered-by').set('etag', false);
  app.use(helmet());
  app.use((req, res, next) => {
    res.set('X-Request-Id', req.get('X-Request-Id') ?? randomUUID());
    next();
  });
  app.get('/api/v1/health/ready', (_req, res) => void res.end());
  app.use('/api/v1', async (req: Request, res, next) => {
    const token = /^Bearer +([^ ]+)$/.exec(req.headers.authorization ?? '')?.[1];
    const user = token === undefined ? undefined : await users.findBySession(tokens.verify(token));
    if (user === undefined) res.status(401).end();
    else next();
  });
  app.get('/api/v1/dashboards', answerOf('list'));
  app.get('/api/v1/dashboards/:id', answerOf('one'));
  const server = createServer(app);
  server.listen(config.http.port, config.http.host);
  await once(server, 'listening');
  stack.defer('server', () => {
    server.closeAllConnections();
    server.close();
  });
});
