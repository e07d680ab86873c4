import fc from 'fast-check';
import { jsonMembers, type Piece } from './json-members.ts';

/** A body that comes in pieces of so many bytes; `cancelled` when the reader wanted no more. */
function bodyOf(text: string, size: number) {
  const bytes = new TextEncoder().encode(text);
  const seen = { cancelled: false };
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at < bytes.length) controller.enqueue(bytes.slice(at, (at += size)));
      else controller.close();
    },
    cancel: () => void (seen.cancelled = true),
  });
  return { body, seen };
}

async function piecesOf(text: string, size: number): Promise<Piece[]> {
  return Array.fromAsync(jsonMembers(bodyOf(text, size).body, 'rows'));
}

it('gives members and items as JSON.parse does, wherever the text is cut', async () => {
  const anything = fc.record({ columns: fc.jsonValue(), rows: fc.array(fc.array(fc.jsonValue())) });
  const property = fc.asyncProperty(anything, fc.integer({ min: 1, max: 9 }), async (value, size) => {
    const text = JSON.stringify(value);
    const expected = JSON.parse(text) as typeof value;
    const [columns, ...rows] = await piecesOf(text, size);
    expect(columns).toEqual({ member: 'columns', value: expected.columns });
    expect(rows).toEqual(expected.rows.map((item) => ({ item })));
  });
  await fc.assert(property, { numRuns: 100 });
});

it.each(['{"rows":[[1],[2]', '{"rows":[[1]]', ''])('rejects a text that ends too early: %s', async (text) => {
  await expect(piecesOf(text, 3)).rejects.toThrow('cut off');
});

it('rejects what is no JSON', async () => {
  await expect(piecesOf('{"rows":[[oops]]}', 3)).rejects.toThrow();
});

it('wants no more of the body once the reader has left', async () => {
  const { body, seen } = bodyOf(JSON.stringify({ rows: Array.from({ length: 1_000 }, (_, i) => [i]) }), 16);
  const pieces = jsonMembers(body, 'rows');
  await pieces.next();
  await pieces.return();
  expect(seen.cancelled).toBe(true);
});
