import fc from 'fast-check';
import { LoupeError } from '@loupe/common/errors';
import type { ListRequest } from '@loupe/common/models';
import { uuid } from './field-rules';
import { listQuery } from './list-parameters';
import { queryCheck } from './validation';

const schema = listQuery<{ queryId: string }>(
  { sortable: ['name', 'created_at'], searched: true, tagged: true, filters: { query_id: uuid() } },
  { query_id: 'queryId' },
);
const read = (query: Record<string, unknown>) => queryCheck(schema, { defaultPageSize: 20 })(query);

function refusalOf(query: Record<string, unknown>): LoupeError {
  try {
    read(query);
  } catch (error) {
    if (error instanceof LoupeError && error.kind === 'invalid') return error;
    throw error;
  }
  throw new Error('was accepted');
}
const problemsOf = (query: Record<string, unknown>): string => refusalOf(query).message;

describe('a list request', () => {
  it('without parameters is the newest page', () => {
    expect(read({})).toEqual({ limit: 20, offset: 0, sort: [{ field: 'created_at', descending: true }] });
  });

  it.each([
    ['0', 20],
    ['-5', 20],
    ['1', 1],
    ['100', 100],
    ['101', 100],
    ['99999999999999999999999', 100],
  ])('clamps limit=%s to %i', (limit, expected) => {
    expect(read({ limit })).toMatchObject({ limit: expected });
  });

  it('takes a negative offset for the beginning', () => {
    expect(read({ offset: '-1' })).toMatchObject({ offset: 0 });
    expect(read({ offset: '40' })).toMatchObject({ offset: 40 });
  });

  it.each(['limit', 'offset'])('refuses a %s that is no whole number', (name) => {
    for (const value of ['x', '1.5', '', '1e3', ['1', '2']])
      expect(problemsOf({ [name]: value })).toContain(name);
  });

  it('sorts by one field, or by several', () => {
    expect(read({ sort_by: 'name', sort_direction: 'ASC' })).toMatchObject({
      sort: [{ field: 'name', descending: false }],
    });
    expect(read({ sort: '-created_at,name' })).toMatchObject({
      sort: [
        { field: 'created_at', descending: true },
        { field: 'name', descending: false },
      ],
    });
  });

  it.each([
    { sort_by: 'password_hash' },
    { sort_direction: 'sideways' },
    { sort: 'name,secret' },
    { sort: 'name,-name' },
    { sort: '' },
    { sort: 'name', sort_by: 'name' },
  ])('refuses %j', (query) => {
    expect(problemsOf(query)).not.toBe('');
  });

  it('trims the search and ignores an empty one', () => {
    expect(read({ search: '  a_b% ' })).toMatchObject({ search: 'a_b%' });
    expect(read({ search: '   ' })).not.toHaveProperty('search');
    expect(problemsOf({ search: 'x'.repeat(201) })).toContain('search');
    expect(problemsOf({ search: 'a\u0000b' })).toContain('search');
  });

  it('splits tags, and drops empty and repeated ones', () => {
    expect(read({ tags: ' a, ,b,a' })).toMatchObject({ tags: { names: ['a', 'b'], match: 'all' } });
    expect(read({ tags: 'a', tags_match: 'any' })).toMatchObject({ tags: { names: ['a'], match: 'any' } });
    expect(read({ tags: ' , ' })).not.toHaveProperty('tags');
  });

  it.each([
    { tags: Array.from({ length: 11 }, (_, i) => `t${i}`).join(',') },
    { tags: 'x'.repeat(51) },
    { tags: 'a', tags_match: 'some' },
    { created_by: 'me' },
    { created_after: 'yesterday' },
    { created_before: '2025-02-30T00:00:00Z' },
    { updated_after: '2025-01-01T00:00:00' },
    { query_id: '1' },
  ])('refuses the filter %j', (query) => {
    expect(problemsOf(query)).toContain(Object.keys(query).at(-1));
  });

  it('reads dates with their offset, also where its plus sign arrived as a space', () => {
    expect(
      read({ created_after: '2025-01-01T02:00:00 02:00', updated_before: '2025-01-01T00:00:00.5Z' }),
    ).toMatchObject({
      createdAfter: new Date('2025-01-01T00:00:00Z'),
      updatedBefore: new Date('2025-01-01T00:00:00.500Z'),
    });
  });

  it('renames filters and lets unknown parameters pass by', () => {
    const id = '0190B2C4-0000-7000-8000-000000000000';
    expect(read({ query_id: id, org_id: 'other', page: 'x' })).toEqual({
      limit: 20,
      offset: 0,
      sort: [{ field: 'created_at', descending: true }],
      queryId: id.toLowerCase(),
    });
  });

  it('says what is wrong once, and for each field without its name', () => {
    expect(refusalOf({ sort_by: '', limit: 'x' })).toMatchObject({
      message: 'limit must be a whole number; sort_by must be one of name, created_at',
      fields: { limit: 'must be a whole number', sort_by: 'must be one of name, created_at' },
    });
    const together = 'sort cannot be combined with sort_by';
    expect(refusalOf({ sort: 'name', sort_by: 'name' })).toMatchObject({
      message: together,
      fields: { sort: together, sort_by: together },
    });
  });

  it('names all problems at once', () => {
    const message = problemsOf({ limit: 'x', sort_by: 'y', created_by: 'z' });
    for (const field of ['limit', 'sort_by', 'created_by']) expect(message).toContain(field);
  });
});

describe('for any list request', () => {
  const sortableFields = ['name', 'created_at'];
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
    ...[
      'created_by',
      'created_after',
      'created_before',
      'updated_after',
      'updated_before',
      'query_id',
      'page',
    ],
  ];
  const requestOf = (query: Record<string, unknown>) => read(query) as ListRequest;

  /** Anything but a refusal is an accident. */
  function readUnlessRefused(query: Record<string, unknown>): ListRequest | undefined {
    try {
      return requestOf(query);
    } catch (error) {
      if (error instanceof LoupeError && error.kind === 'invalid') return undefined;
      throw error;
    }
  }

  /** A key that comes twice is a list, as Express reads it. */
  const anything = fc.dictionary(
    fc.constantFrom(...names),
    fc.oneof(text, fc.array(text, { maxLength: 3 })),
    {
      noNullPrototype: true,
    },
  );

  it('whatever is sent is refused, or names a page that can be read', () => {
    fc.assert(
      fc.property(anything, (query) => {
        const request = readUnlessRefused(query);
        if (request === undefined) return;
        const { limit, offset, sort, search, tags } = request;
        expect(limit).toBeGreaterThanOrEqual(1);
        expect(limit).toBeLessThanOrEqual(100);
        expect(Number.isSafeInteger(offset) && offset >= 0).toBe(true);
        expect(sort.length).toBeGreaterThan(0);
        for (const { field } of sort) expect(sortableFields).toContain(field);
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
        const request = requestOf({ limit: String(limit), offset: String(offset) });
        const clamped = limit < 1n ? 20 : limit > 100n ? 100 : Number(limit);
        expect(request.limit).toBe(clamped);
        expect(request.offset).toBe(offset < 0n ? 0 : Math.min(Number(offset), Number.MAX_SAFE_INTEGER));
      }),
    );
  });

  it('any order of fields is read as it is written', () => {
    const keys = fc.uniqueArray(
      fc.record({ field: fc.constantFrom(...sortableFields), descending: fc.boolean() }),
      {
        minLength: 1,
        selector: ({ field }) => field,
      },
    );
    fc.assert(
      fc.property(keys, (sort) => {
        const written = sort.map(({ field, descending }) => (descending ? `-${field}` : field)).join(' , ');
        expect(requestOf({ sort: written }).sort).toEqual(sort);
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
        expect(requestOf({ tags: written }).tags).toEqual({ names: [...new Set(tags)], match: 'all' });
      }),
    );
  });
});
