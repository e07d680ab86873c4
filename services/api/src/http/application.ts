import express, { type Express, type RequestHandler } from 'express';
import type { HttpConfig } from '@loupe/common/config';
import { invalid, LoupeError, notFound } from '@loupe/common/errors';
import { createHttpMetrics, exposeMetrics, type Logger, type Metrics } from '@loupe/common/observability';
import type { Authenticate } from './authenticate';
import type { AuthenticateOperator } from './authenticate-operator';
import { crossOrigin } from './cross-origin';
import { errorHandler } from './error-handler';
import { docsPage } from './openapi/docs-page';
import { requestContext } from './request-context';
import { requestLog } from './request-log';
import { countRequests } from './request-metrics';
import type { Route } from './route';
import { API_ROOT, createRouter } from './router';
import { securityHeaders } from './security-headers';
import { createWaitingRequests } from './waiting-requests';

export interface ApplicationParts {
  config: HttpConfig;
  routes: readonly Route[];
  authenticate: Authenticate;
  authenticateOperator: AuthenticateOperator;
  metrics: Metrics;
  logger: Logger;
  /** Aborted when the server stops. */
  stopping: AbortSignal;
}

/** HTTP/1.1 asks for it (RFC 9112, section 3.2). */
const requireHost: RequestHandler = (req, _res, next) => {
  if (req.httpVersion === '1.1' && req.headers.host === undefined) {
    throw invalid('The request has no Host header');
  }
  next();
};

/** The Express application; it opens no port. What is mounted first is on every answer, errors included. */
export function createApplication({
  config,
  routes,
  authenticate,
  authenticateOperator,
  metrics,
  logger,
  stopping,
}: ApplicationParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('query parser', 'simple');
  app.set('trust proxy', config.trustProxy);
  app.set('case sensitive routing', true);

  app.use(requestContext);
  app.use(requestLog(logger));
  app.use(securityHeaders(config));
  app.use(crossOrigin(config.corsAllowedOrigins));
  app.use(requireHost);

  const httpMetrics = createHttpMetrics(metrics);
  if (config.showsDocs) app.use(API_ROOT, docsPage());
  const validation = { defaultPageSize: config.defaultPageSize };
  app.all('/metrics', countRequests(httpMetrics, '/metrics'));
  app.get('/metrics', async (_req, res) => {
    const { body, contentType } = await exposeMetrics(metrics);
    res.set('Content-Type', contentType).end(body);
  });
  app.all('/metrics', (_req, res) => {
    res.set('Allow', 'GET, HEAD, OPTIONS');
    throw new LoupeError('method_not_allowed', 'This address does not offer that method');
  });
  app.use(
    API_ROOT,
    createRouter(routes, {
      ...{ authenticate, authenticateOperator, validation, stopping, metrics: httpMetrics },
      waitingRequests: createWaitingRequests(config.mostWaiting, httpMetrics.setWaiting),
    }),
  );
  app.use(countRequests(httpMetrics, 'unknown'), () => {
    throw notFound('Address');
  });
  app.use(errorHandler(logger));
  return app;
}
