import { createLoupeClient } from './index.ts';

const names = Array.from({ length: 7 }, (_, i) => `query ${i}`);

interface Served {
  /** Queries of the addresses that were asked for. */
  asked: URLSearchParams[];
  items: (query: Record<string, unknown>) => Promise<unknown[]>;
}

/** A list of seven, as a server answers it: with cursors, or as one that has none. */
function served(withCursors: boolean): Served {
  const asked: URLSearchParams[] = [];
  const client = createLoupeClient({
    url: 'http://127.0.0.1/api/v1',
    token: 'a',
    fetch: async (request) => {
      const { searchParams } = new URL(request.url);
      asked.push(searchParams);
      const limit = Number(searchParams.get('limit') ?? 20);
      const begin = Number(searchParams.get('cursor') ?? searchParams.get('offset') ?? 0);
      const end = begin + limit;
      const hasNext = end < names.length;
      return Response.json({
        data: names.slice(begin, end).map((name) => ({ name })),
        has_next: hasNext,
        ...(withCursors && { next_cursor: hasNext ? String(end) : null }),
      });
    },
  });
  const items = async (query: Record<string, unknown>) =>
    (await Array.fromAsync(client.items('/queries', { params: { query } }))).map(({ name }) => name);
  return { asked, items };
}

const all = (asked: URLSearchParams[], name: string) => asked.map((query) => query.get(name));

it('goes by cursor where the list has one, and sends the offset no more', async () => {
  const { asked, items } = served(true);
  await expect(items({ limit: 3, offset: 1, search: 'q' })).resolves.toEqual(names.slice(1));
  expect(all(asked, 'cursor')).toEqual([null, '4']);
  expect(all(asked, 'offset')).toEqual(['1', null]);
  expect(all(asked, 'search')).toEqual(['q', 'q']);
});

it('goes by offset where the list has no cursors', async () => {
  const { asked, items } = served(false);
  await expect(items({ limit: 3, search: 'q' })).resolves.toEqual(names);
  expect(all(asked, 'offset')).toEqual([null, '3', '6']);
  expect(all(asked, 'search')).toEqual(['q', 'q', 'q']);
});

it.each([true, false])('begins at an offset and ends with the list (cursors: %s)', async (withCursors) => {
  const { asked, items } = served(withCursors);
  await expect(items({ limit: 2, offset: 5 })).resolves.toEqual(names.slice(5));
  await expect(items({ limit: 2, offset: 9 })).resolves.toEqual([]);
  expect(asked).toHaveLength(2);
});
