import { type Role, roleIncludes } from '@loupe/common/models';
import { breakingChanges, type Direction } from './compare-schemas';
import type { Json } from './plain-schema';

interface Operation {
  security: Json[];
  'x-required-role'?: Role;
  parameters: { name: string; in: string; required?: boolean; schema: Json }[];
  requestBody?: { required: boolean; content: Record<string, { schema: Json }> };
  responses: Record<string, { content?: Record<string, { schema: Json }> }>;
}

type Paths = Record<string, Record<string, Operation>>;

interface Documents {
  before: Json;
  after: Json;
}

/** What in `after` breaks a client that was written against `before` (docs/api-versioning.md), one sentence each. */
export function breakingDocumentChanges(documents: Documents): string[] {
  const after = documents.after['paths'] as Paths;
  return Object.entries(documents.before['paths'] as Paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) => {
      const place = `${method.toUpperCase()} ${path}`;
      const other = after[path]?.[method];
      return other === undefined
        ? [`${place}: is gone`]
        : operationChanges([operation, other], documents, place);
    }),
  );
}

type Pair = [before: Operation, after: Operation];

const operationChanges = (pair: Pair, documents: Documents, place: string): string[] => [
  ...accessChanges(pair, place),
  ...parameterChanges(pair, documents, place),
  ...bodyChanges(pair, documents, place),
  ...answerChanges(pair, documents, place),
];

function accessChanges([before, after]: Pair, place: string): string[] {
  const [was, is] = [before['x-required-role'], after['x-required-role']];
  const isRaised = was !== undefined && is !== undefined && !roleIncludes(was, is);
  const isOther =
    before.security.length > 0 && JSON.stringify(before.security) !== JSON.stringify(after.security);
  const isClosed = before.security.length === 0 && after.security.length > 0;
  return [
    ...(isRaised ? [`${place}: needs the role ${is} now`] : []),
    ...(isOther || isClosed ? [`${place}: needs another token now`] : []),
  ];
}

function parameterChanges([before, after]: Pair, documents: Documents, place: string): string[] {
  const same = (one: { name: string; in: string }) => (other: { name: string; in: string }) =>
    one.name === other.name && one.in === other.in;
  const added = after.parameters
    .filter((one) => one.required === true && before.parameters.find(same(one))?.required !== true)
    .map((one) => `${place}: the parameter ${one.name} is required now`);
  const changed = before.parameters.flatMap((one) => {
    const other = after.parameters.find(same(one));
    const where = `${place} parameter ${one.name}`;
    if (other === undefined) return [`${where}: is gone`];
    return breakingChanges({ before: one.schema, after: other.schema, documents }, 'request', where);
  });
  return [...added, ...changed];
}

function bodyChanges([before, after]: Pair, documents: Documents, place: string): string[] {
  const isNew = before.requestBody === undefined && after.requestBody?.required === true;
  if (isNew) return [`${place}: needs a body now`];
  return contentChanges([before.requestBody, after.requestBody], {
    documents,
    direction: 'request',
    place: `${place} body`,
  });
}

function answerChanges([before, after]: Pair, documents: Documents, place: string): string[] {
  return Object.entries(before.responses)
    .filter(([status]) => status.startsWith('2'))
    .flatMap(([status, response]) => {
      const other = after.responses[status];
      const where = `${place} ${status}`;
      if (other === undefined) return [`${where}: is not answered any more`];
      return contentChanges([response, other], { documents, direction: 'answer', place: where });
    });
}

type Content = { content?: Record<string, { schema: Json }> } | undefined;

function contentChanges(
  [before, after]: [Content, Content],
  { documents, direction, place }: { documents: Documents; direction: Direction; place: string },
): string[] {
  return Object.entries(before?.content ?? {}).flatMap(([type, { schema }]) => {
    const other = after?.content?.[type]?.schema;
    if (other === undefined) return [`${place}: ${type} is gone`];
    return breakingChanges({ before: schema, after: other, documents }, direction, place);
  });
}
