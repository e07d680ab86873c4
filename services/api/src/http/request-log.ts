import type { RequestHandler } from 'express';
import type { Logger } from '@loupe/common/observability';
import { requestIdOf } from './request-context';

/**
 * A line per answered request, for whoever turns `debug` on: a page polls twice a second, so this would drown the rest.
 * Addresses appear as their template, because ids and searches are the tenants'.
 */
export const requestLog =
  (logger: Logger): RequestHandler =>
  (req, res, next) => {
    const began = performance.now();
    res.once('close', () => {
      const route = req.route as { path: string } | undefined;
      logger.debug('Request', {
        request_id: requestIdOf(res),
        method: req.method,
        endpoint: route === undefined ? 'unknown' : req.baseUrl + route.path,
        status: res.writableFinished ? res.statusCode : 'closed by the client',
        duration_ms: Math.round(performance.now() - began),
      });
    });
    next();
  };
