import { csvOf } from './load-table';

it('writes rows as COPY reads them: numbers bare, texts quoted, nothing for NULL', () => {
  const rows = [
    [1, 'plain', null],
    [-2.5, 'with "quotes", commas\nand lines', ''],
  ];
  expect([...csvOf(rows)].join('')).toBe('1,"plain",\n-2.5,"with ""quotes"", commas\nand lines",""\n');
});

it('hands rows on in pieces, so that no large file is one text', () => {
  const rows = Array.from({ length: 4500 }, (_, i) => [i]);
  const pieces = [...csvOf(rows)];
  expect(pieces).toHaveLength(3);
  expect(pieces.join('').split('\n')).toHaveLength(4501);
  expect([...csvOf([])]).toEqual([]);
});
