import type { ListRequest, Page } from '@loupe/common/models';
import { cursorOf } from './cursor';

/** What every list answers (REST contract, section 1.5). An offset inside a page counts as that page. */
export const listEnvelope = <T>(page: Page<T>, request: ListRequest, present: (item: T) => unknown) => ({
  data: page.items.map(present),
  ...envelopeOf(page, request),
});

/** All of it but the items. */
export function envelopeOf(page: Omit<Page<unknown>, 'items'>, request: ListRequest) {
  const { limit, offset, after } = request;
  const number = Math.floor((after?.seen ?? offset) / limit) + 1;
  const pages = Math.ceil(page.total / limit);
  return {
    total: page.total,
    page: number,
    per_page: limit,
    total_pages: pages,
    has_next: number < pages,
    has_prev: number > 1,
    next_cursor: page.next === undefined ? null : cursorOf(page.next, request),
  };
}
