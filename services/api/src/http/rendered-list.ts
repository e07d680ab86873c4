import type { ListRequest } from '@loupe/common/models';
import { JsonStream } from './json-stream';
import { envelopeOf } from './list-envelope';
import type { RenderedPage } from './rendered-wholes';

const comma = Buffer.from(',');

/** The list envelope around bodies that are bytes already. */
export const renderedList = (page: RenderedPage, request: ListRequest): JsonStream =>
  new JsonStream(piecesOf(page, request));

async function* piecesOf(page: RenderedPage, request: ListRequest): AsyncGenerator<Buffer> {
  const pending: Buffer[] = [Buffer.from('{"data":[')];
  let isFirst = true;
  for await (const group of page.bodies) {
    for (const body of group) {
      if (!isFirst) pending.push(comma);
      pending.push(body);
      isFirst = false;
    }
    yield Buffer.concat(pending.splice(0));
  }
  pending.push(Buffer.from(`],${JSON.stringify(envelopeOf(page, request)).slice(1)}`));
  yield Buffer.concat(pending);
}
