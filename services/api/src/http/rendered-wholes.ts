import { createHash } from 'node:crypto';
import { type BodyCache, maxBodyBytes } from '@loupe/common/cache';
import type { UnreadPage } from '@loupe/common/db';
import type { ListRequest, OrgScope, Resource, ResourceVersion } from '@loupe/common/models';
import { JsonStream } from './json-stream';
import { takeKept } from './kept-bodies';
import { bodiesOf, render, type Rendering, takeBodies } from './rendered-bodies';
import { renderedList } from './rendered-list';

// A dashboard with its tiles, or a canvas, is read far more often than it is changed, and its version rises with every change of
// anything that it shows (docs/adr/0020). So each read asks the database for the version that holds, and takes the bytes that were
// made of that version if they are still at hand. There is nothing to invalidate: a commit changes what is asked for.

/** A whole as the bytes of its JSON. */
export interface Rendered {
  version: number;
  body: Buffer;
}

/** A whole answer: the bytes, or pieces that are made as they are sent. */
export type RenderedList = Buffer | JsonStream;

export interface WholeReader {
  find(scope: OrgScope, id: string): Promise<Rendered | undefined>;
  list(scope: OrgScope, request: ListRequest): Promise<RenderedList>;
}

export interface WholeReaderParts<Whole extends Resource> extends Omit<Rendering<Whole>, 'findAll'> {
  source: Pick<Rendering<Whole>, 'findAll'> & {
    versionOf(scope: OrgScope, id: string): Promise<number | undefined>;
    listVersions(scope: OrgScope, request: ListRequest): Promise<UnreadPage<ResourceVersion>>;
  };
}

export function createWholeReader<Whole extends Resource>(parts: WholeReaderParts<Whole>): WholeReader {
  const { source, cache } = parts;
  const rendering = { ...parts, findAll: source.findAll };
  return {
    async find(scope, id) {
      if (cache !== undefined) {
        const version = await source.versionOf(scope, id);
        if (version === undefined) return undefined;
        const [body] = await takeBodies(rendering, scope, [{ id, version }]);
        if (body !== undefined) return { version, body };
      }
      const [whole] = await source.findAll(scope, [id]);
      return whole && render(rendering, whole);
    },
    async list(scope, request) {
      const page = await source.listVersions(scope, request);
      const make = (): AsyncIterable<Buffer> => {
        const { items, ...rest } = page.read();
        return renderedList(bodiesOf(rendering, scope, items), rest, request);
      };
      if (cache === undefined || !page.isPlain) return new JsonStream(make());
      const key = pageKey(parts.kind, scope, { request, text: page.text });
      const [body] = await takeKept(parts, [{ key, version: 0 }]);
      return body ?? new JsonStream(keeping(cache, key, make()));
    },
  };
}

/** Of all that a page's answer depends on. No version besides: the text of the page holds those of all its items. */
function pageKey(
  kind: string,
  { orgId }: OrgScope,
  { request, text }: { request: ListRequest; text: string },
): string {
  const digest = createHash('sha256').update(JSON.stringify(request)).update(text).digest('base64');
  return `${kind} page:${orgId}:${digest}`;
}

/** The same pieces; once all were sent they are kept, unless they are too much. */
async function* keeping(
  cache: BodyCache,
  key: string,
  pieces: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  const madeAt = Date.now();
  const sent: Buffer[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    if (bytes <= maxBodyBytes) sent.push(piece);
    yield piece;
  }
  if (bytes <= maxBodyBytes) cache.set(key, { version: 0, madeAt, body: Buffer.concat(sent) });
}
