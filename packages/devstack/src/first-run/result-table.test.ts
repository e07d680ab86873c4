import fc from 'fast-check';
import { resultTable } from './result-table';

it('sets texts to the left, numbers to the right, and leaves NULL empty', () => {
  const table = resultTable(
    ['state', 'flights'],
    [
      ['WA', 12],
      ['Texas', 1234],
      [null, null],
    ],
  );
  expect(table.split('\n')).toEqual([
    'state  flights',
    '─────  ───────',
    'WA          12',
    'Texas     1234',
    '',
  ]);
});

it('keeps each row on its line, whatever the values hold', () => {
  const value = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.integer(),
    fc.constant(null),
    fc.boolean(),
    fc.array(fc.string()),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value)), (rows) => {
      expect(resultTable(['a', 'b'], rows).split('\n')).toHaveLength(rows.length + 2);
    }),
  );
});

it('shows the names of columns even when there are no rows', () => {
  expect(resultTable(['a', 'bb'], [])).toBe('a  bb\n─  ──');
});
