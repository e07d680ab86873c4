import { changedFields, unifiedDiff } from './version-diff';

it('tells the members in which two objects differ', () => {
  const from = { name: 'a', tags: ['x'], max_rows: 1 };
  expect(changedFields(from, { ...from, tags: ['x'] })).toEqual({});
  expect(changedFields(from, { name: 'b', tags: ['y'], max_rows: 1 })).toEqual({
    name: { from: 'a', to: 'b' },
    tags: { from: ['x'], to: ['y'] },
  });
});

const diff = (from: string, to: string): string | null =>
  unifiedDiff({ name: 'version 1', text: from }, { name: 'version 2', text: to });

it('shows lines taken out and put in, with some around them', () => {
  expect(diff('SELECT 1,\n  2\nFROM t', 'SELECT 1,\n  3\nFROM t')).toBe(
    [
      '===================================================================',
      '--- version 1',
      '+++ version 2',
      '@@ -1,3 +1,3 @@',
      ' SELECT 1,',
      '-  2',
      '+  3',
      ' FROM t',
      '\\ No newline at end of file',
      '',
    ].join('\n'),
  );
});

it('has nothing to show for equal texts', () => {
  expect(diff('SELECT 1', 'SELECT 1')).toBeNull();
});

it('gives up on long texts without a line in common: to go on would hold up everybody else', () => {
  const lines = (prefix: string): string =>
    Array.from({ length: 25_000 }, (_, i) => `${prefix}${i % 999}`).join('\n');
  expect(diff(lines('a'), lines('b'))).toBeNull();
});

it('finds a few changes in a long text', () => {
  const text = Array.from({ length: 20_000 }, (_, i) => `${i}`);
  expect(diff(text.join('\n'), text.with(7, 'x').with(19_000, 'y').join('\n'))?.match(/^[-+]\w+$/gm)).toEqual(
    ['-7', '+x', '-19000', '+y'],
  );
});
