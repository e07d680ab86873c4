import fc from 'fast-check';
import { findPlaceholders } from './lexer';
import { findParameters, hasPositionalPlaceholder, replaceParameters } from './parameters';

describe('what is a parameter', () => {
  it.each([
    ['SELECT $a, $b_2, $A', ['a', 'b_2', 'A']],
    ['SELECT $id_type, $id', ['id_type', 'id']],
    ['SELECT $a, $a', ['a']],
    ['SELECT a=$a', ['a']],
    ['SELECT $x::int', ['x']],
    ['SELECT ($x)', ['x']],
    ['SELECT 1-$x', ['x']],
    ['SELECT E$x', []],
    ["SELECT 'it''s $x', $y", ['y']],
    ["SELECT '\\', $y", ['y']],
    ["SELECT E'\\'$x', $y", ['y']],
    ["SELECT e'a''$x\\\\', $y", ['y']],
    ["SELECT E'a'\n'\\'$x', $y", ['y']],
    ["SELECT E'a' -- why\n '\\'$x', $y", ['y']],
    ["SELECT E'a' '\\', $y", ['y']],
    ['SELECT U&\'\\0041\', $y, U&"$x"', ['y']],
    ['SELECT "a""$x", $y', ['y']],
    ['SELECT $y -- $x\n, $z', ['y', 'z']],
    ['SELECT $y -- $x\r, $z', ['y', 'z']],
    ['SELECT /* $x /* $x */ $x */ $y', ['y']],
    ['SELECT +/* $x */$y', ['y']],
    ['SELECT $$ $x $$, $y', ['y']],
    ['SELECT $tag$ $x $$ $other$ $tag$, $y', ['y']],
    ['SELECT $_t$ $x $_t$, $y', ['y']],
    ['SELECT $é$ $x $é$, $y', ['y']],
    ['SELECT $a$b', []],
    ['SELECT a$b, $y', ['y']],
    ['SELECT é$b, $y', ['y']],
    ['SELECT $_x, $y', ['y']],
    ['SELECT $naïve, $y', ['y']],
    ['SELECT 1$x', ['x']],
    ['SELECT $1, $y', ['y']],
    ["SELECT 'open $x", []],
    ['SELECT /* open $x', []],
    ['SELECT $', []],
    ['', []],
  ])('%j uses %j', (sql, names) => {
    expect(findParameters(sql)).toEqual(names);
  });

  it('knows positional placeholders from what merely looks like one', () => {
    expect(hasPositionalPlaceholder('SELECT $1')).toBe(true);
    expect(hasPositionalPlaceholder("SELECT a$1, '$1', $x1 -- $1")).toBe(false);
  });
});

describe('replacing', () => {
  it('gives each name one number and leaves everything else in its place', () => {
    expect(replaceParameters("SELECT $day, '$day', $x WHERE t > $day")).toEqual({
      text: "SELECT $1  , '$day', $2 WHERE t > $1  ",
      names: ['day', 'x'],
    });
  });

  it('never takes a longer name for a shorter one', () => {
    expect(replaceParameters('$id_type $id').text).toBe('$1       $2 ');
  });
});

const pieces = fc.constantFrom(
  ...["'", '"', '$', '$$', '$a$', '$a', '$b1', '$1', 'E', "E'", 'x', '_', 'é', '\\', '--', '/*', '*/'],
  ...['\n', '\r', ' ', '1', ',', '-', '/', '*', '(', '::', '\u{1f600}', 'U&', ';'],
);
const statements = fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join(''));

describe('for any text', () => {
  it('placeholders lie apart, in order, and are what they say', () => {
    fc.assert(
      fc.property(statements, (sql) => {
        let behind = 0;
        for (const { name, start, end } of findPlaceholders(sql)) {
          expect(start).toBeGreaterThanOrEqual(behind);
          expect(sql.slice(start, end)).toBe(`$${name}`);
          behind = end;
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('replacing takes every name away, adds as many placeholders, and keeps the length', () => {
    fc.assert(
      fc.property(statements, (sql) => {
        const { text, names } = replaceParameters(sql);
        const before = findPlaceholders(sql);
        expect(findParameters(text)).toEqual([]);
        expect(findPlaceholders(text)).toHaveLength(before.length);
        expect(text).toHaveLength(sql.length);
        expect(names).toEqual(findParameters(sql));
      }),
      { numRuns: 2_000 },
    );
  });

  it('a parameter in front of any quoted, commented or plain prefix that is complete is found', () => {
    const complete = fc.constantFrom(
      "'a''b'",
      "E'\\''",
      '"q"',
      '/* c /* d */ */',
      '-- c\n',
      '$t$ $x $t$',
      'a$b',
      '1',
    );
    fc.assert(
      fc.property(fc.array(complete, { maxLength: 20 }), (prefix) => {
        expect(findParameters(`${prefix.join(' ')} $found`)).toEqual(['found']);
      }),
    );
  });
});

describe('100,000 characters', () => {
  const repeated = (piece: string) => piece.repeat(Math.floor(100_000 / piece.length));

  it.each(['$a', '$a$', '$', '/*', '--', "E'\\'", "E'a' ", "E'a'\n", '-- -', "'", '"', 'a', '$a ', '$é'])(
    'of %j take milliseconds',
    (piece) => {
      const begin = performance.now();
      findPlaceholders(repeated(piece));
      findPlaceholders(`E'a'${repeated(piece)}`);
      expect(performance.now() - begin).toBeLessThan(500);
    },
  );
});
