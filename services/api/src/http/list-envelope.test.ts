import { listEnvelope } from './list-envelope';

const envelope = ([total, limit, offset]: [number, number, number]) =>
  listEnvelope({ items: ['a'], total, next: undefined }, { limit, offset, sort: [] }, (item) =>
    item.toUpperCase(),
  );

describe('listEnvelope', () => {
  it.each<[number, number, number, object]>([
    [0, 10, 0, { page: 1, total_pages: 0, has_next: false, has_prev: false }],
    [10, 10, 0, { page: 1, total_pages: 1, has_next: false, has_prev: false }],
    [11, 10, 0, { page: 1, total_pages: 2, has_next: true, has_prev: false }],
    [11, 10, 10, { page: 2, total_pages: 2, has_next: false, has_prev: true }],
    [11, 10, 5, { page: 1, total_pages: 2, has_next: true, has_prev: false }],
    [11, 10, 500, { page: 51, total_pages: 2, has_next: false, has_prev: true }],
  ])('of %i items by %i from %i', (...[total, limit, offset, expected]) => {
    expect(envelope([total, limit, offset])).toEqual({
      ...{ data: ['A'], total, per_page: limit, next_cursor: null },
      ...expected,
    });
  });
});
