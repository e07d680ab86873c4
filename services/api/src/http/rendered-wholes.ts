import type { BodyCache } from '@loupe/common/cache';
import type { ListRequest, OrgScope, Page, Resource, ResourceVersion } from '@loupe/common/models';
import type { CacheMetrics } from '@loupe/common/observability';

// A dashboard with its tiles, or a canvas, is read far more often than it is changed, and its version rises with every change of
// anything that it shows (docs/adr/0020). So each read asks the database for the version that holds, and takes the bytes that were
// made of that version if they are still at hand. There is nothing to invalidate: a commit changes what is asked for.

/** A whole as the bytes of its JSON. */
export interface Rendered {
  version: number;
  body: Buffer;
}

/** A page whose bodies come as they are read, in groups; those of a list may be too large to be in memory together. */
export interface RenderedPage extends Page<ResourceVersion> {
  bodies: AsyncIterable<Buffer[]>;
}

export interface WholeReader {
  find(scope: OrgScope, id: string): Promise<Rendered | undefined>;
  list(scope: OrgScope, request: ListRequest): Promise<RenderedPage>;
}

/** Where wholes are read. */
export interface WholeSource<Whole> {
  versionOf(scope: OrgScope, id: string): Promise<number | undefined>;
  listVersions(scope: OrgScope, request: ListRequest): Promise<Page<ResourceVersion>>;
  /** Those that are there, in this order, from the first on as many as fit into one read, at least one. */
  findAll(scope: OrgScope, ids: readonly string[]): Promise<Whole[]>;
}

/** What is kept, and who counts. */
export interface KeptBodies {
  /** Undefined: nothing is. */
  cache: BodyCache | undefined;
  metrics: CacheMetrics;
}

export interface WholeReaderParts<Whole> extends KeptBodies {
  /** First part of the cache's keys. */
  kind: string;
  source: WholeSource<Whole>;
  present: (whole: Whole) => unknown;
}

/** Bytes of a group that are put together before the client gets them. */
const groupBytes = 1_048_576;

export function createWholeReader<Whole extends Resource>(parts: WholeReaderParts<Whole>): WholeReader {
  const { source, cache } = parts;
  return {
    async find(scope, id) {
      if (cache !== undefined) {
        const version = await source.versionOf(scope, id);
        if (version === undefined) return undefined;
        const [body] = await lookUp(parts, scope, [{ id, version }]);
        if (body !== undefined) return { version, body };
      }
      const [whole] = await source.findAll(scope, [id]);
      return whole && render(parts, whole);
    },
    async list(scope, request) {
      const page = await source.listVersions(scope, request);
      return { ...page, bodies: bodiesOf(parts, scope, page.items) };
    },
  };
}

const keyOf = (kind: string, { orgId }: OrgScope, id: string): string => `${kind}:${orgId}:${id}`;

/** The bodies that were made of these versions, where they are kept. */
async function lookUp(
  { kind, cache, metrics }: Pick<WholeReaderParts<Resource>, 'kind' | 'cache' | 'metrics'>,
  scope: OrgScope,
  wanted: readonly ResourceVersion[],
): Promise<(Buffer | undefined)[]> {
  if (cache === undefined) return [];
  const kept = await cache.get(wanted.map(({ id }) => keyOf(kind, scope, id)));
  const bodies = wanted.map(({ version }, i) => (kept[i]?.version === version ? kept[i].body : undefined));
  const hits = bodies.filter((body) => body !== undefined).length;
  metrics.asked({ hits, misses: bodies.length - hits });
  return bodies;
}

function render<Whole extends Resource>(
  { kind, cache, present }: WholeReaderParts<Whole>,
  whole: Whole,
): Rendered {
  const rendered = { version: whole.version, body: Buffer.from(JSON.stringify(present(whole))) };
  cache?.set(keyOf(kind, whole, whole.id), rendered);
  return rendered;
}

interface Wanted {
  id: string;
  body: Buffer | undefined;
}

/** In their order. What was deleted since the versions were read is left out. */
async function* bodiesOf<Whole extends Resource>(
  parts: WholeReaderParts<Whole>,
  scope: OrgScope,
  items: readonly ResourceVersion[],
): AsyncGenerator<Buffer[]> {
  const kept = await lookUp(parts, scope, items);
  let wanted: Wanted[] = items.map(({ id }, i) => ({ id, body: kept[i] }));
  while (wanted.length > 0) {
    const missing = wanted.flatMap(({ id, body }) => (body === undefined ? [id] : []));
    if (missing.length > 0) wanted = await fill(parts, scope, { wanted, missing });
    const { group, rest } = firstGroup(wanted);
    if (group.length > 0) yield group;
    wanted = rest;
  }
}

/** Reads some of the missing ones, from the first on; those that are not there any more are dropped. */
async function fill<Whole extends Resource>(
  parts: WholeReaderParts<Whole>,
  scope: OrgScope,
  { wanted, missing }: { wanted: readonly Wanted[]; missing: readonly string[] },
): Promise<Wanted[]> {
  const wholes = await parts.source.findAll(scope, missing);
  const made = new Map(wholes.map((whole) => [whole.id, render(parts, whole).body]));
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
