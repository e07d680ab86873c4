import type { RequestHandler } from 'express';
import type { HttpMetrics } from '@loupe/common/observability';

/** What nginx calls a request whose client hung up: no status was sent. */
const CLIENT_CLOSED = 499;

/** Counts a request under its route's template; the path itself would make a time series of every id. */
export const countRequests =
  (metrics: HttpMetrics, endpoint: string): RequestHandler =>
  (req, res, next) => {
    const end = metrics.begin(req.method, endpoint);
    res.once('close', () => end(res.writableFinished ? res.statusCode : CLIENT_CLOSED));
    next();
  };
