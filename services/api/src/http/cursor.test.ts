import fc from 'fast-check';
import type { ListPosition, ListRequest } from '@loupe/common/models';
import { cursorOf, positionOf } from './cursor';

const request: ListRequest = {
  ...{ limit: 20, offset: 0, search: 'a' },
  sort: [
    { field: 'name', descending: false },
    { field: 'started_at', descending: true },
  ],
};
const position: ListPosition = {
  values: ['ünï "code" 🦉', '2026-01-31T10:00:00.000999Z'],
  id: '019a0000-0000-7000-8000-000000000000',
  seen: 40,
  total: 1_000,
};

describe('a cursor', () => {
  it('comes back as it was made, whatever the page size', () => {
    const cursor = cursorOf(position, request);
    expect(cursor).toMatch(/^[\w-]+$/);
    expect(positionOf(cursor, request)).toEqual(position);
    expect(positionOf(cursor, { ...request, limit: 3, offset: 7, after: position })).toEqual(position);
  });

  it('keeps any text, and null', () => {
    fc.assert(
      fc.property(fc.option(fc.string({ unit: 'grapheme', maxLength: 255 })), fc.nat(), (name, seen) => {
        const one = { ...position, values: [name, null], seen };
        const storable = name === null || (name.isWellFormed() && !name.includes('\u0000'));
        expect(positionOf(cursorOf(one, request), request)).toEqual(storable ? one : undefined);
      }),
    );
  });

  it('belongs to one order and one set of filters', () => {
    const cursor = cursorOf(position, request);
    const others: Partial<ListRequest>[] = [
      { search: 'b' },
      { search: undefined },
      { tags: { names: ['x'], match: 'all' } },
      { createdAfter: new Date(0) },
      { sort: [...request.sort].reverse() },
      { sort: request.sort.map((key) => ({ ...key, descending: !key.descending })) },
      { sort: request.sort.slice(0, 1) },
    ];
    for (const other of others) {
      const changed = Object.fromEntries(
        Object.entries({ ...request, ...other }).filter(([, value]) => value !== undefined),
      ) as unknown as ListRequest;
      expect(positionOf(cursor, changed)).toBeUndefined();
    }
  });

  it('is never mistaken for one when it is rubbish', () => {
    fc.assert(fc.property(fc.string(), (text) => expect(positionOf(text, request)).toBeUndefined()));
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(positionOf(Buffer.from(json).toString('base64url'), request)).toBeUndefined();
      }),
    );
  });

  it.each<[string, Partial<Record<keyof ListPosition, unknown>>]>([
    ['an id that is none', { id: 'x' }],
    ['a day that does not exist', { values: ['a', '2026-02-30T00:00:00.000000Z'] }],
    ['text where a moment belongs', { values: ['a', 'b'] }],
    ['a character that cannot be stored', { values: ['\u0000', null] }],
    ['too few values', { values: ['a'] }],
    ['too many values', { values: ['a', null, null] }],
    ['a number among the values', { values: [1, null] }],
    ['a negative count', { seen: -1 }],
    ['a count that is none', { total: '1' }],
  ])('made up with %s is refused', (_what, change) => {
    const forged = cursorOf({ ...position, ...change } as ListPosition, request);
    expect(positionOf(forged, request)).toBeUndefined();
  });
});
