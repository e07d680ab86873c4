import fc from 'fast-check';
import { LoupeError } from '@loupe/common/errors';
import type { ListRequest } from '@loupe/common/models';
import { uuid } from './field-rules';
import { listQuery } from './list-parameters';
import { checkQuery } from './validation';

const sortable = ['name', 'created_at', 'updated_at'];
const schema = listQuery<{ queryId: string }>(
  { sortable, searched: true, tagged: true, filters: { query_id: uuid() } },
  { query_id: 'queryId' },
);

/** What a list request says, or undefined where it is refused; anything else is an accident. */
function read(query: Record<string, unknown>): ListRequest | undefined {
  try {
    return checkQuery(schema, query, { defaultPageSize: 20 }) as ListRequest;
  } catch (error) {
    if (error instanceof LoupeError && error.kind === 'invalid') return undefined;
    throw error;
  }
}

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '',
    ' ',
    'asc',
    'DESC',
    'name',
    '-created_at,name',
    'any',
    '1',
    '-1',
    '1e3',
    'a,b',
    '\u0000',
    '\ud800',
  ),
);
const names = [
  ...['limit', 'offset', 'cursor', 'sort', 'sort_by', 'sort_direction', 'search', 'tags', 'tags_match'],
  ...['created_by', 'created_after', 'created_before', 'updated_after', 'updated_before', 'query_id', 'page'],
];
/** A key that comes twice is a list, as Express reads it. */
const anything = fc.dictionary(fc.constantFrom(...names), fc.oneof(text, fc.array(text, { maxLength: 3 })), {
  noNullPrototype: true,
});

it('whatever is sent is refused, or names a page that can be read', () => {
  fc.assert(
    fc.property(anything, (query) => {
      const request = read(query);
      if (request === undefined) return;
      const { limit, offset, sort, search, tags } = request;
      expect(limit).toBeGreaterThanOrEqual(1);
      expect(limit).toBeLessThanOrEqual(100);
      expect(Number.isSafeInteger(offset) && offset >= 0).toBe(true);
      expect(sort.length).toBeGreaterThan(0);
      for (const { field } of sort) expect(sortable).toContain(field);
      expect(new Set(sort.map(({ field }) => field)).size).toBe(sort.length);
      if (search !== undefined) {
        expect(search).toBe(search.trim());
        expect(search).not.toBe('');
        expect([...search].length).toBeLessThanOrEqual(200);
      }
      for (const tag of tags?.names ?? []) expect(tag).toBe(tag.trim());
      expect(`${search ?? ''}${tags?.names.join('') ?? ''}`).not.toContain('\u0000');
    }),
    { numRuns: 500 },
  );
});

it('any whole number is a limit and an offset, clamped', () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.bigInt(), (limit, offset) => {
      const request = read({ limit: String(limit), offset: String(offset) });
      const clamped = limit < 1n ? 20 : limit > 100n ? 100 : Number(limit);
      expect(request?.limit).toBe(clamped);
      expect(request?.offset).toBe(offset < 0n ? 0 : Math.min(Number(offset), Number.MAX_SAFE_INTEGER));
    }),
  );
});

it('any order of fields is read as it is written', () => {
  const keys = fc.uniqueArray(fc.record({ field: fc.constantFrom(...sortable), descending: fc.boolean() }), {
    minLength: 1,
    selector: ({ field }) => field,
  });
  fc.assert(
    fc.property(keys, (sort) => {
      const written = sort.map(({ field, descending }) => (descending ? `-${field}` : field)).join(' , ');
      expect(read({ sort: written })?.sort).toEqual(sort);
    }),
  );
});

it('up to ten tags are read, each once and trimmed', () => {
  const tag = fc
    .string({ minLength: 1, maxLength: 50, unit: 'grapheme-ascii' })
    .map((one) => one.replaceAll(',', '').trim())
    .filter((one) => one !== '');
  const space = fc.constantFrom('', ' ', '\t');
  fc.assert(
    fc.property(fc.array(tag, { minLength: 1, maxLength: 10 }), space, (tags, around) => {
      const written = tags.map((one) => `${around}${one}${around}`).join(',');
      expect(read({ tags: written })?.tags).toEqual({ names: [...new Set(tags)], match: 'all' });
    }),
  );
});
