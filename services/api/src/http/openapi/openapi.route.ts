import { openField } from '../response-fields';
import { defineRoute, type Route } from '../route';
import { openApiDocument } from './document';

/** Adds the route that describes all of them, itself included. */
export function withOpenApi(routes: readonly Route[], version: string): Route[] {
  let document: Record<string, unknown> | undefined;
  const all: Route[] = [
    ...routes,
    defineRoute({
      method: 'get',
      path: '/openapi.json',
      tag: 'Documentation',
      summary: 'Read this document',
      access: 'public',
      status: 200,
      rateLimit: 'none',
      handle: (): Record<string, unknown> => (document ??= openApiDocument(all, version)),
      present: (value): unknown => value,
      response: openField(),
    }),
  ];
  return all;
}
