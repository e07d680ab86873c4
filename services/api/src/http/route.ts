import type { ObjectSchema } from 'joi';
import type { Actor, Role, User } from '@loupe/common/models';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** `public`: no token is looked at. `operator`: an operator's token, and no user's. Otherwise the least role that may call. */
export type Access = 'public' | 'operator' | Role;

/** `/queries/:id` → `{ id: string }` */
type PathParameters<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Record<Name, string> & PathParameters<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Record<Name, string>
    : unknown;

/** A request as a handler sees it: checked, typed, and nothing of HTTP. */
export interface RouteRequest<Path extends string, A extends Access, Query, Body> {
  actor: A extends 'public' | 'operator' ? undefined : Actor;
  user: A extends 'public' | 'operator' ? undefined : User;
  /** Name of the operator. */
  operator: A extends 'operator' ? string : undefined;
  params: PathParameters<Path>;
  query: Query;
  body: Body;
  /** The header's value, on a route that takes it. */
  idempotencyKey: string | undefined;
}

export interface RouteDeclaration<Path extends string, A extends Access, Query, Body, Value> {
  method: Method;
  /** Below /api/v1. Every `:x` in it is a UUID. */
  path: Path;
  access: A;
  /** What the path's id names, for the answer to an id that names nothing: `Query`. */
  resource?: string;
  query?: ObjectSchema<Query>;
  /** A route without one never reads a body. */
  body?: ObjectSchema<Body>;
  /** The header Idempotency-Key is read, and a malformed one refused. */
  takesIdempotencyKey?: boolean;
  status: number | ((value: Value) => number);
  handle: (request: RouteRequest<Path, A, Query, Body>) => Promise<Value> | Value;
  /** The public shape of what `handle` returned: an explicit list of fields. Absent where the answer has no body. */
  present?: (value: Value) => unknown;
  /** Headers of this answer alone. */
  headers?: (value: Value) => Record<string, string>;
}

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
  params: Record<string, string>;
  query: unknown;
  body: unknown;
  idempotencyKey: string | undefined;
}

/** A declaration whose types have done their work. */
export interface Route {
  method: Method;
  path: string;
  access: Access;
  resource: string;
  query: ObjectSchema | undefined;
  body: ObjectSchema | undefined;
  takesIdempotencyKey: boolean;
  answer: (request: PlainRequest) => Promise<Answer>;
}

export function defineRoute<
  const Path extends string,
  const A extends Access,
  Value,
  Query = unknown,
  Body = unknown,
>(declaration: RouteDeclaration<Path, A, Query, Body, Value>): Route {
  const { method, path, access, query, body, status, handle, present, headers } = declaration;
  return {
    method,
    path,
    access,
    resource: declaration.resource ?? 'Resource',
    query,
    body,
    takesIdempotencyKey: declaration.takesIdempotencyKey ?? false,
    answer: async (request) => {
      // The chain has put the request through the schemas and the access that these types were made from.
      const value = await handle(request as RouteRequest<Path, A, Query, Body>);
      return {
        status: typeof status === 'number' ? status : status(value),
        body: present?.(value),
        headers: headers?.(value) ?? {},
      };
    },
  };
}
