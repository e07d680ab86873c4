/** "line 2, column 7", both from 1; the column counts characters. */
function describe(before: string): string {
  const lines = before.split(/\r\n|\r|\n/);
  return `line ${lines.length}, column ${Array.from(lines.at(-1) ?? '').length + 1}`;
}

/** Where the character stands that `count` characters (not UTF-16 units) come before. */
export const positionOfCharacter = (text: string, count: number): string =>
  describe(Array.from(text).slice(0, count).join(''));

/** Where the character stands that `count` bytes of UTF-8 come before. */
export const positionOfByte = (text: string, count: number): string =>
  describe(new TextDecoder().decode(new TextEncoder().encode(text).subarray(0, count)));
