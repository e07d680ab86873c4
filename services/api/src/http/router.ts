import express, { type RequestHandler, type Router } from 'express';
import { LoupeError } from '@loupe/common/errors';
import type { HttpMetrics } from '@loupe/common/observability';
import { type ChainParts, handlerOf } from './chain';
import { countRequests } from './request-metrics';
import type { Route } from './route';

/** Where all routes but the metrics live. */
export const API_ROOT = '/api/v1';

/**
 * Mounts routes, a router for each first segment: Express tries one path after the other. Literal segments win over ids, whatever
 * order the features come in; a known path with a method it does not offer answers 405 and names those it does.
 */
export function createRouter(routes: readonly Route[], parts: RouterParts): RequestHandler {
  const routers = new Map(
    [...Map.groupBy(routes, ({ path }) => firstSegment(path))].map(
      ([segment, ofSegment]) => [segment, routerOf(ofSegment, parts)] as const,
    ),
  );
  return (req, res, next) => {
    const router = routers.get(firstSegment(req.path));
    if (router === undefined) next();
    else router(req, res, next);
  };
}

type RouterParts = ChainParts & { metrics: HttpMetrics };

const firstSegment = (path: string): string => path.split('/', 2)[1] ?? '';

function routerOf(routes: readonly Route[], parts: RouterParts): Router {
  const router = express.Router({ caseSensitive: true, strict: true });
  const byPath = [...Map.groupBy(routes, ({ path }) => path)].sort(([a], [b]) => comparePaths(a, b));
  for (const [path, ofPath] of byPath) {
    // One entry of the router a path: those before the one that is asked for are all looked at.
    const entry = router.route(path);
    entry.all(countRequests(parts.metrics, API_ROOT + path.replaceAll(/:\w+/g, ':id')));
    for (const route of ofPath) entry[route.method](handlerOf(route, parts));
    entry.all((_req, res) => {
      res.set('Allow', allowed(ofPath));
      throw new LoupeError('method_not_allowed', 'This address does not offer that method');
    });
  }
  return router;
}

/** Sorts literal segments before ids. */
export function comparePaths(a: string, b: string): number {
  const [left, right] = [a.split('/'), b.split('/')];
  for (const [i, segment] of left.entries()) {
    const other = right[i];
    if (other === undefined || segment === other) continue;
    const difference = Number(segment.startsWith(':')) - Number(other.startsWith(':'));
    if (difference !== 0) return difference;
  }
  return 0;
}

function allowed(routes: readonly Route[]): string {
  const methods = routes.map(({ method }) => method.toUpperCase());
  return [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
}
