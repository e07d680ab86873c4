import { type Json, plainSchema, type PlainSchema } from './plain-schema';

/** Two versions of a schema, and the documents that they stand in. */
export interface SchemaPair {
  before: Json;
  after: Json;
  documents: { before: Json; after: Json };
}

/** `request`: what was accepted must be accepted still. `answer`: what comes must be what came before, or more. */
export type Direction = 'request' | 'answer';

/** What breaks a client, one sentence each. */
export function breakingChanges(pair: SchemaPair, direction: Direction, place: string): string[] {
  const before = plainSchema(pair.before, pair.documents.before);
  const after = plainSchema(pair.after, pair.documents.after);
  const [narrow, wide] = direction === 'request' ? [before, after] : [after, before];
  return [
    ...(typesFit(narrow, wide) ? [] : [`${place}: the type changed from ${name(before)} to ${name(after)}`]),
    ...(direction === 'request' ? requestChanges(before, after, place) : answerChanges(before, after, place)),
    ...deeper(pair, { before, after, direction, place }),
  ];
}

const name = ({ types }: PlainSchema): string => types.join(' or ') || 'any';

const typesFit = (narrow: PlainSchema, wide: PlainSchema): boolean =>
  wide.types.length === 0 ||
  (narrow.types.length > 0 && narrow.types.every((type) => wide.types.includes(type)));

function requestChanges(before: PlainSchema, after: PlainSchema, place: string): string[] {
  const lost =
    after.values && (before.values ?? ['anything else']).filter((value) => !after.values?.includes(value));
  return [
    ...after.required
      .filter((key) => !before.required.includes(key))
      .map((key) => `${place}.${key}: is required now`),
    ...missing(before, after).map((key) => `${place}.${key}: is not read any more`),
    ...(lost ?? []).map((value) => `${place}: ${JSON.stringify(value)} is not accepted any more`),
    ...Object.keys({ ...before.limits, ...after.limits })
      .filter((limit) => isTighter(limit, before.limits[limit], after.limits[limit]))
      .map((limit) => `${place}: ${limit} is ${String(after.limits[limit])} now`),
  ];
}

/** New values of an enumeration break nobody: clients are told to expect them. */
const answerChanges = (before: PlainSchema, after: PlainSchema, place: string): string[] => [
  ...missing(before, after).map((key) => `${place}.${key}: is gone`),
  ...before.required
    .filter((key) => key in after.properties && !after.required.includes(key))
    .map((key) => `${place}.${key}: may be missing now`),
  ...(before.limits['format'] === after.limits['format'] ? [] : [`${place}: the format changed`]),
];

const missing = (before: PlainSchema, after: PlainSchema): string[] =>
  Object.keys(before.properties).filter((key) => !(key in after.properties));

function isTighter(limit: string, before: unknown, after: unknown): boolean {
  if (after === undefined || before === after) return false;
  if (before === undefined || typeof before !== 'number' || typeof after !== 'number') return true;
  return limit.startsWith('min') ? after > before : after < before;
}

interface Level {
  before: PlainSchema;
  after: PlainSchema;
  direction: Direction;
  place: string;
}

function deeper({ documents }: SchemaPair, { before, after, direction, place }: Level): string[] {
  const properties = Object.entries(before.properties).flatMap(([key, schema]) => {
    const other = after.properties[key];
    return other === undefined
      ? []
      : breakingChanges({ before: schema, after: other, documents }, direction, `${place}.${key}`);
  });
  const items =
    before.items === undefined || after.items === undefined
      ? []
      : breakingChanges({ before: before.items, after: after.items, documents }, direction, `${place}[]`);
  return [...properties, ...items];
}
