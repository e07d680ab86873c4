import type { Request, RequestHandler, Response } from 'express';
import { notFound } from '@loupe/common/errors';
import { withLogContext } from '@loupe/common/observability';
import type { Authenticate } from './authenticate';
import { requireRole } from './authorise';
import { isUuid } from './field-rules';
import { readJsonBody } from './json-body';
import { respond } from './respond';
import type { Route } from './route';
import { checkBody, checkQuery, type ValidationContext } from './validation';

export interface ChainParts {
  authenticate: Authenticate;
  validation: ValidationContext;
}

/** What every request goes through: authenticate → validate → authorise → handle → present. */
export function handlerOf(route: Route, { authenticate, validation }: ChainParts): RequestHandler {
  return async (req, res) => {
    const caller = route.access === 'public' ? undefined : await authenticate(req.headers.authorization);
    const input = await validate(route, { req, res, validation });
    if (caller !== undefined && route.access !== 'public') requireRole(caller.actor, route.access);
    const { actor, user } = caller ?? {};
    await withLogContext(
      actor === undefined ? {} : { org_id: actor.orgId, user_id: actor.userId },
      async () => {
        await respond(req, res, await route.answer({ actor, user, ...input }));
      },
    );
  };
}

interface Exchange {
  req: Request;
  res: Response;
  validation: ValidationContext;
}

async function validate(route: Route, { req, res, validation }: Exchange) {
  return {
    params: ids(route, req.params),
    query: route.query === undefined ? {} : checkQuery(route.query, { ...req.query }, validation),
    body: route.body === undefined ? undefined : checkBody(route.body, await readJsonBody(req, res)),
  };
}

/** An id that is no UUID names nothing, and is answered like any other that names nothing. */
function ids(route: Route, params: Request['params']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      if (typeof value !== 'string' || !isUuid(value)) throw notFound(route.resource);
      return [name, value.toLowerCase()];
    }),
  );
}
