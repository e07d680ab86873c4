import type { ObjectSchema, Schema } from 'joi';
import type { Actor, Role, User } from '@loupe/common/models';
import type { DeclaredError } from './error-status';
import { entityTag, type IfMatch } from './preconditions';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/**
 * `public`: no token is looked at. `operator`: an operator's token, and no user's. `refresh`: a refresh token, which the
 * service checks. Otherwise the least role that may call.
 */
export type Access = 'public' | 'operator' | 'refresh' | Role;

/** Path segments that are whole numbers from 1 on; all others are UUIDs. */
const numbered = ['version'] as const;

export const isNumbered = (segment: string): boolean => numbered.some((name) => name === segment);

type PathValue<Name extends string> = Name extends (typeof numbered)[number] ? number : string;

/** `/queries/:id/versions/:version` → `{ id: string; version: number }` */
type PathParameters<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Record<Name, PathValue<Name>> & PathParameters<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Record<Name, PathValue<Name>>
    : unknown;

/** A request as a handler sees it: checked, typed, and nothing of HTTP. */
export interface RouteRequest<Path extends string, A extends Access, Query, Body> {
  actor: A extends Role ? Actor : undefined;
  user: A extends Role ? User : undefined;
  /** Name of the operator. */
  operator: A extends 'operator' ? string : undefined;
  /** As it was sent. */
  refreshToken: A extends 'refresh' ? string : undefined;
  params: PathParameters<Path>;
  query: Query;
  body: Body;
  /** The header's value, on a route that takes it. */
  idempotencyKey: string | undefined;
  /** For `requireMatch`, on a route that takes the header. */
  ifMatch: IfMatch;
}

/** What the OpenAPI document says of a route beyond what follows from the rest of its declaration. */
interface Documentation {
  /** The noun under which it is found: `Queries`. */
  tag: string;
  /** What it does, in a few words, as a command: `Create a query`. */
  summary: string;
  /** What a client should know and cannot see in the schemas. */
  description?: string;
  /** What can go wrong beside what access, path, query string and body imply. */
  errors?: readonly DeclaredError[];
  /** Made up from the schemas where absent. */
  examples?: { request?: unknown; response?: unknown };
  /** Which budget a call draws on. Default `requests`. */
  rateLimit?: RateLimit;
}

/** Budgets of calls (REST contract, section 7.5); `none`: calls are not counted. */
export type RateLimit = 'requests' | 'polls' | 'register' | 'login' | 'execute' | 'none';

/** An answer with a body says what it looks like; one without has neither. */
type AnswerBody<Value> =
  | {
      /** The public shape of what `handle` returned: an explicit list of fields. */
      present: (value: Value) => unknown;
      /** The same, as a schema: see `response-fields`. */
      response: Schema;
    }
  | { present?: undefined; response?: undefined };

interface Handling<Path extends string, A extends Access, Query, Body, Value> {
  method: Method;
  /** Below /api/v1. Every `:x` in it is a UUID, and `:version` a whole number. */
  path: Path;
  access: A;
  /** What the path's id names, for the answer to an id that names nothing: `Query`. */
  resource?: string;
  query?: ObjectSchema<Query>;
  /** A route without one never reads a body. */
  body?: ObjectSchema<Body>;
  /** The header Idempotency-Key is read, and a malformed one refused. */
  takesIdempotencyKey?: boolean;
  /** The header If-Match is read, and a malformed one refused; whether it matches is for `handle` to find out. */
  takesIfMatch?: boolean;
  /** The version of what is answered: becomes its ETag, and a read whose If-None-Match names it is answered 304. */
  version?: (value: Value) => number | string;
  status: number | Status<Value>;
  handle: (request: RouteRequest<Path, A, Query, Body>) => Promise<Value> | Value;
  /** Headers of this answer alone. */
  headers?: (value: Value) => Record<string, string>;
}

/** A status that depends on what was found. */
export interface Status<Value> {
  among: readonly number[];
  of: (value: Value) => number;
}

export type RouteDeclaration<Path extends string, A extends Access, Query, Body, Value> = Documentation &
  Handling<Path, A, Query, Body, Value> &
  AnswerBody<Value>;

/** What a route answers; `body` undefined means none. */
export interface Answer {
  status: number;
  body: unknown;
  headers: Record<string, string>;
}

/** The request before its types are known. */
export interface PlainRequest {
  actor: Actor | undefined;
  user: User | undefined;
  operator: string | undefined;
  refreshToken: string | undefined;
  params: Record<string, string | number>;
  query: unknown;
  body: unknown;
  idempotencyKey: string | undefined;
  ifMatch: IfMatch;
}

/** A declaration whose types have done their work. */
export interface Route extends Documentation {
  method: Method;
  path: string;
  access: Access;
  resource: string;
  query: ObjectSchema | undefined;
  body: ObjectSchema | undefined;
  takesIdempotencyKey: boolean;
  takesIfMatch: boolean;
  hasVersion: boolean;
  /** The statuses of success, or of what counts as an answer. */
  statuses: readonly number[];
  response: Schema | undefined;
  answer: (request: PlainRequest) => Promise<Answer>;
}

export function defineRoute<
  const Path extends string,
  const A extends Access,
  Value,
  Query = unknown,
  Body = unknown,
>(declaration: RouteDeclaration<Path, A, Query, Body, Value>): Route {
  const { method, path, access, query, body, status, handle, present, response } = declaration;
  const { tag, summary, description, errors, examples, rateLimit } = declaration;
  return {
    ...{ tag, summary, description, errors, examples, rateLimit },
    ...{ method, path, access, query, body, response },
    resource: declaration.resource ?? 'Resource',
    takesIdempotencyKey: declaration.takesIdempotencyKey ?? false,
    takesIfMatch: declaration.takesIfMatch ?? false,
    hasVersion: declaration.version !== undefined,
    statuses: typeof status === 'number' ? [status] : status.among,
    answer: async (request) => {
      // The chain has put the request through the schemas and the access that these types were made from.
      const value = await handle(request as RouteRequest<Path, A, Query, Body>);
      return {
        status: typeof status === 'number' ? status : status.of(value),
        body: present?.(value),
        headers: headersOf(declaration, value),
      };
    },
  };
}

function headersOf<Value>(
  { version, headers }: Pick<Handling<string, Access, unknown, unknown, Value>, 'version' | 'headers'>,
  value: Value,
): Record<string, string> {
  return { ...(version !== undefined && { ETag: entityTag(version(value)) }), ...headers?.(value) };
}
