import type { ListRequest, Page } from '@loupe/common/models';
import { envelopeOf } from './list-envelope';

const comma = Buffer.from(',');

/** The list envelope around bodies that are bytes already. */
export async function* renderedList(
  groups: AsyncIterable<readonly Buffer[]>,
  page: Omit<Page<unknown>, 'items'>,
  request: ListRequest,
): AsyncGenerator<Buffer> {
  const pending: Buffer[] = [Buffer.from('{"data":[')];
  let isFirst = true;
  for await (const group of groups) {
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
