/**
 * The parts of PostgreSQL's lexical grammar that decide whether a `$` can begin a parameter. Each function
 * gets the text and the index where a token begins, and returns the index behind it; an unterminated token
 * reaches to the end of the text, as the server's scanner would read on. Follows the rules of PostgreSQL's
 * scan.l with `standard_conforming_strings = on`, which every session of ours pins.
 */

// What PostgreSQL takes for a letter: ASCII letters, the underscore, and every byte of a multi-byte character.
const isLetter = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code >= 128;

export const isDigit = (code: number): boolean => code >= 48 && code <= 57;

export const isIdentifierStart = isLetter;

/** Behind an identifier or keyword; it may contain dollar signs (`a$b`). */
export function skipIdentifier(sql: string, start: number): number {
  let at = start + 1;
  for (; at < sql.length; at++) {
    const code = sql.charCodeAt(at);
    if (!isLetter(code) && !isDigit(code) && code !== 36) break;
  }
  return at;
}

/** Behind the closing quote. A doubled quote ends one token and begins the next, which comes to the same. */
export function skipQuoted(sql: string, start: number, quote: '"' | "'"): number {
  const end = sql.indexOf(quote, start + 1);
  return end === -1 ? sql.length : end + 1;
}

export function skipLineComment(sql: string, start: number): number {
  for (let at = start + 2; at < sql.length; at++) {
    const code = sql.charCodeAt(at);
    if (code === 10 || code === 13) return at;
  }
  return sql.length;
}

/** Block comments nest. */
export function skipBlockComment(sql: string, start: number): number {
  let depth = 1;
  for (let at = start + 2; at < sql.length; at++) {
    const pair = sql.charCodeAt(at) * 256 + sql.charCodeAt(at + 1);
    if (pair === 0x2a2f) depth -= 1;
    else if (pair === 0x2f2a) depth += 1;
    else continue;
    at += 1;
    if (depth === 0) return at + 1;
  }
  return sql.length;
}

/**
 * Where a string goes on: behind white space that holds a line end, and comments, another quote continues
 * the same literal under the same rules, so an `E'…'` keeps its backslashes there. -1 when it does not go on.
 */
function continuation(sql: string, start: number): number {
  let lineEnd = false;
  for (let at = start; at < sql.length; at++) {
    const code = sql.charCodeAt(at);
    if (code === 10 || code === 13) lineEnd = true;
    else if (code === 39) return lineEnd ? at : -1;
    else if (code === 45 && sql.charCodeAt(at + 1) === 45) at = skipLineComment(sql, at) - 1;
    else if (code !== 32 && code !== 9 && code !== 11 && code !== 12) return -1;
  }
  return -1;
}

/** Behind an `E'…'` whose opening quote stands at `start`: a backslash escapes what follows it. */
export function skipEscapeString(sql: string, start: number): number {
  for (let at = start + 1; at < sql.length; at++) {
    const code = sql.charCodeAt(at);
    if (code === 92) {
      at += 1;
    } else if (code === 39) {
      if (sql.charCodeAt(at + 1) === 39) {
        at += 1;
        continue;
      }
      const next = continuation(sql, at + 1);
      if (next === -1) return at + 1;
      at = next;
    }
  }
  return sql.length;
}

const dollarQuote = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;

/** Behind a dollar-quoted string, or -1 when none begins at `start`. */
export function skipDollarQuoted(sql: string, start: number): number {
  dollarQuote.lastIndex = start;
  const tag = dollarQuote.exec(sql)?.[0];
  if (tag === undefined) return -1;
  const end = sql.indexOf(tag, start + tag.length);
  return end === -1 ? sql.length : end + tag.length;
}
