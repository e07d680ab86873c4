import type { Request, RequestHandler, Response } from 'express';
import { notFound } from '@loupe/common/errors';
import type { Actor, Role } from '@loupe/common/models';
import { withLogContext } from '@loupe/common/observability';
import { type Authenticate, bearerToken, type Caller } from './authenticate';
import type { AuthenticateOperator } from './authenticate-operator';
import { requireRole } from './authorise';
import { isUuid } from './field-rules';
import { idempotencyKeyOf } from './idempotency-key';
import { readJsonBody } from './json-body';
import { ifMatchOf } from './preconditions';
import { respond } from './respond';
import { isNumbered, type Route } from './route';
import type { WaitingRequests } from './waiting-requests';
import { waitHeader, waitSecondsOf, type Wait } from './wait-preference';
import { bodyCheck, type Check, queryCheck, type ValidationContext } from './validation';

export interface ChainParts {
  authenticate: Authenticate;
  authenticateOperator: AuthenticateOperator;
  validation: ValidationContext;
  waitingRequests: WaitingRequests;
  /** Aborted when the server stops. */
  stopping: AbortSignal;
}

/** What every request goes through: authenticate → validate → authorise → handle → present. */
export function handlerOf(route: Route, parts: ChainParts): RequestHandler {
  const checks = {
    query: route.query && queryCheck(route.query, parts.validation),
    body: route.body && bodyCheck(route.body),
  };
  return async (req, res) => {
    const { caller, operator, refreshToken } = await callerOf(route, req, parts);
    const input = await validate(route, { req, res, checks });
    if (caller !== undefined) requireRole(caller.actor, route.access as Role);
    const { actor, user } = caller ?? {};
    const { wait, leave } = route.takesWait && actor ? waitOf(req, res, { actor, ...parts }) : noWait;
    await withLogContext(logContextOf(actor, operator), async () => {
      const request = { actor, user, operator, refreshToken, wait, ...input };
      const answer = await route.answer(request).finally(leave);
      if (wait !== undefined) res.set(waitHeader(wait));
      await respond(req, res, answer);
    });
  };
}

async function callerOf(
  { access }: Route,
  { headers: { authorization } }: Request,
  { authenticate, authenticateOperator }: ChainParts,
): Promise<{ caller?: Caller; operator?: string; refreshToken?: string }> {
  if (access === 'public') return {};
  if (access === 'operator') return { operator: authenticateOperator(authorization) };
  if (access === 'refresh') return { refreshToken: bearerToken(authorization) };
  return { caller: await authenticate(authorization) };
}

/** How long an answer may be held back, and what says that it is held back no more. */
interface Waiting {
  wait: Wait | undefined;
  leave: () => void;
}

const noWait: Waiting = { wait: undefined, leave: () => undefined };

/** Where too many wait already, the preference is ignored, as RFC 7240 allows: the answer comes at once. */
function waitOf(
  req: Request,
  res: Response,
  { actor, waitingRequests, stopping }: Pick<ChainParts, 'waitingRequests' | 'stopping'> & { actor: Actor },
): Waiting {
  const seconds = waitSecondsOf(req.headers['prefer']);
  const leave = seconds === undefined ? undefined : waitingRequests.enter(actor.orgId);
  if (seconds === undefined || leave === undefined) return noWait;
  const gone = new AbortController();
  // With a reason: without one an error is made, with its stack, for each request.
  const leaveGone = (): void => gone.abort('the request is over');
  res.once('close', leaveGone);
  // Its client may have hung up while the request was being checked.
  if (res.closed) leaveGone();
  return { wait: { seconds, signal: AbortSignal.any([gone.signal, stopping]) }, leave };
}

function logContextOf(actor: Actor | undefined, operator: string | undefined): Record<string, string> {
  if (operator !== undefined) return { operator };
  return actor === undefined ? {} : { org_id: actor.orgId, user_id: actor.userId };
}

interface Exchange {
  req: Request;
  res: Response;
  checks: { query: Check | undefined; body: Check | undefined };
}

async function validate(route: Route, { req, res, checks }: Exchange) {
  return {
    params: ids(route, req.params),
    query: checks.query === undefined ? {} : checks.query({ ...req.query }),
    body: checks.body === undefined ? undefined : checks.body(await readJsonBody(req, res)),
    idempotencyKey: route.takesIdempotencyKey ? idempotencyKeyOf(req.headers['idempotency-key']) : undefined,
    ifMatch: route.takesIfMatch ? ifMatchOf(req.headers['if-match']) : undefined,
  };
}

/** An id that is no UUID names nothing, and is answered like any other that names nothing. */
function ids(route: Route, params: Request['params']): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      const id = isNumbered(name) ? numberOf(value) : idOf(value);
      if (id === undefined) throw notFound(route.resource);
      return [name, id];
    }),
  );
}

const idOf = (segment: unknown): string | undefined =>
  typeof segment === 'string' && isUuid(segment) ? segment.toLowerCase() : undefined;

/** As many digits as a column of type integer surely holds. */
const numberOf = (segment: unknown): number | undefined =>
  typeof segment === 'string' && /^[1-9]\d{0,8}$/.test(segment) ? Number(segment) : undefined;
