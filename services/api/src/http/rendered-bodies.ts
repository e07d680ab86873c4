import type { OrgScope, Resource, ResourceVersion } from '@loupe/common/models';
import { type KeptBodies, takeKept } from './kept-bodies';

/** Wholes of one kind, and how their bodies are made. */
export interface Rendering<Whole extends Resource> extends KeptBodies {
  /** First part of the cache's keys. */
  kind: string;
  /** Those that are there, in this order, from the first on as many as fit into one read, at least one. */
  findAll: (scope: OrgScope, ids: readonly string[]) => Promise<Whole[]>;
  present: (whole: Whole) => unknown;
}

/** Bytes that are put together before the client gets them: a hundred wholes may be too large to be in memory at once. */
const groupBytes = 1_048_576;
/** Of kept bodies that are taken before the ones in front of them are sent; a slice more at most. */
const aheadBytes = 4_194_304;
/** Taken from the cache at once. */
const sliceItems = 20;

export const takeBodies = (
  rendering: Pick<Rendering<never>, 'kind' | keyof KeptBodies>,
  { orgId }: OrgScope,
  wanted: readonly ResourceVersion[],
): Promise<(Buffer | undefined)[]> =>
  takeKept(
    rendering,
    wanted.map(({ id, version }) => ({ key: keyOf(rendering.kind, orgId, id), version })),
  );

const keyOf = (kind: string, orgId: string, id: string): string => `${kind}:${orgId}:${id}`;

export function render<Whole extends Resource>(
  { kind, cache, present }: Rendering<Whole>,
  whole: Whole,
): { version: number; body: Buffer } {
  const { version } = whole;
  const body = Buffer.from(JSON.stringify(present(whole)));
  cache?.set(keyOf(kind, whole.orgId, whole.id), { version, madeAt: Date.now(), body });
  return { version, body };
}

interface Wanted {
  id: string;
  body: Buffer | undefined;
}

/** In their order and in groups, as they are read. What was deleted since the versions were read is left out. */
export async function* bodiesOf<Whole extends Resource>(
  rendering: Rendering<Whole>,
  scope: OrgScope,
  items: readonly ResourceVersion[],
): AsyncGenerator<Buffer[]> {
  let [wanted, later]: [Wanted[], readonly ResourceVersion[]] = [[], items];
  while (wanted.length + later.length > 0) {
    if (wanted[0]?.body === undefined) {
      const found = await lookAhead(rendering, scope, { wanted, later });
      wanted = [...wanted, ...found];
      later = later.slice(found.length);
    }
    const missing = wanted.flatMap(({ id, body }) => (body === undefined ? [id] : []));
    const isFirstThere = wanted[0]?.body !== undefined;
    if (missing.length > 0 && !isFirstThere) wanted = await fill(rendering, scope, { wanted, missing });
    const { group, rest } = firstGroup(wanted);
    if (group.length > 0) yield group;
    wanted = rest;
  }
}

/**
 * Takes the kept ones of those that come later, slice by slice, until there is as much in memory as one read may bring. The missing
 * ones of all that were looked for can be read by one statement.
 */
async function lookAhead<Whole extends Resource>(
  rendering: Rendering<Whole>,
  scope: OrgScope,
  { wanted, later }: { wanted: readonly Wanted[]; later: readonly ResourceVersion[] },
): Promise<Wanted[]> {
  const found: Wanted[] = [];
  let bytes = bytesOf(wanted);
  while (found.length < later.length && bytes < aheadBytes) {
    const slice = later.slice(found.length, found.length + sliceItems);
    const kept = await takeBodies(rendering, scope, slice);
    const taken = slice.map(({ id }, i) => ({ id, body: kept[i] }));
    bytes += bytesOf(taken);
    found.push(...taken);
  }
  return found;
}

const bytesOf = (wanted: readonly Wanted[]): number =>
  wanted.reduce((sum, { body }) => sum + (body?.length ?? 0), 0);

/** Reads some of the missing ones, from the first on; those that are not there any more are dropped. */
async function fill<Whole extends Resource>(
  rendering: Rendering<Whole>,
  scope: OrgScope,
  { wanted, missing }: { wanted: readonly Wanted[]; missing: readonly string[] },
): Promise<Wanted[]> {
  const wholes = await rendering.findAll(scope, missing);
  const made = new Map(wholes.map((whole) => [whole.id, render(rendering, whole).body]));
  const last = wholes.at(-1);
  const asked = new Set(last === undefined ? missing : missing.slice(0, missing.indexOf(last.id) + 1));
  return wanted
    .map(({ id, body }) => ({ id, body: body ?? made.get(id) }))
    .filter(({ id, body }) => body !== undefined || !asked.has(id));
}

/** The bodies that are there from the beginning on, but no more than a group may hold, unless the first one alone is larger. */
function firstGroup(wanted: readonly Wanted[]): { group: Buffer[]; rest: Wanted[] } {
  const group: Buffer[] = [];
  let bytes = 0;
  for (const { body } of wanted) {
    if (body === undefined || (group.length > 0 && bytes + body.length > groupBytes)) break;
    group.push(body);
    bytes += body.length;
  }
  return { group, rest: wanted.slice(group.length) };
}
