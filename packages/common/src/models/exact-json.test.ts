import fc from 'fast-check';
import { parseExactJson } from './exact-json';

it.each([
  '{"a":9223372036854775807,"b":[-12345678901234567890123]}',
  '[100000000000000000000,9007199254740991,9007199254740993]',
  '{"text":"12345678901234567890","n":1.5}',
])('writes %s as it was', (text) => {
  expect(JSON.stringify(parseExactJson(text))).toBe(text);
});

it('reads what JSON.parse reads, and refuses what it refuses', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(JSON.parse(JSON.stringify(parseExactJson(text)))).toEqual(JSON.parse(text));
    }),
  );
  expect(() => parseExactJson('{"a":12345678901234567890')).toThrow(SyntaxError);
});
