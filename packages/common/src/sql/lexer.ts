import {
  isDigit,
  isIdentifierStart,
  skipBlockComment,
  skipDollarQuoted,
  skipEscapeString,
  skipIdentifier,
  skipLineComment,
  skipQuoted,
} from './scan';

/** A `$name` or a `$1` in a statement; `start` and `end` are indexes of its `$` and behind its last character. */
export interface Placeholder {
  kind: 'named' | 'positional';
  /** Without the `$`. */
  name: string;
  start: number;
  end: number;
}

const placeholderName = /\$([A-Za-z][A-Za-z0-9_]*|\d+)/y;

function placeholderAt(sql: string, start: number): Placeholder | undefined {
  placeholderName.lastIndex = start;
  const name = placeholderName.exec(sql)?.[1];
  if (name === undefined) return undefined;
  const end = start + 1 + name.length;
  if (isDigit(name.charCodeAt(0))) return { kind: 'positional', name, start, end };
  // `$naïve`: putting a placeholder before the rest would read as "$1 AS ïve". The server refuses it as it is.
  return sql.charCodeAt(end) >= 128 ? undefined : { kind: 'named', name, start, end };
}

/** Behind what begins with a letter: an identifier, or the prefix of an escape string together with it. */
function skipWord(sql: string, start: number): number {
  const code = sql.charCodeAt(start);
  const isEscapeString = (code === 69 || code === 101) && sql.charCodeAt(start + 1) === 39;
  return isEscapeString ? skipEscapeString(sql, start + 1) : skipIdentifier(sql, start);
}

/** Behind the token at `start`, where that token can hide a `$`; otherwise just behind the character. */
function skipToken(sql: string, start: number): number {
  const code = sql.charCodeAt(start);
  if (isIdentifierStart(code)) return skipWord(sql, start);
  if (code === 39) return skipQuoted(sql, start, "'");
  if (code === 34) return skipQuoted(sql, start, '"');
  if (code === 45 && sql.charCodeAt(start + 1) === 45) return skipLineComment(sql, start);
  if (code === 47 && sql.charCodeAt(start + 1) === 42) return skipBlockComment(sql, start);
  return start + 1;
}

/**
 * The parameters and positional placeholders of a PostgreSQL statement, in order, as the server itself would
 * find them: nothing inside strings, quoted identifiers, comments, dollar-quoted strings or identifiers. Takes
 * time proportional to the text and never fails; text that is not valid SQL is the server's to refuse.
 */
export function findPlaceholders(sql: string): Placeholder[] {
  const found: Placeholder[] = [];
  let at = 0;
  while (at < sql.length) {
    if (sql.charCodeAt(at) !== 36) {
      at = skipToken(sql, at);
      continue;
    }
    const quoted = skipDollarQuoted(sql, at);
    const placeholder = quoted === -1 ? placeholderAt(sql, at) : undefined;
    if (placeholder) found.push(placeholder);
    at = placeholder?.end ?? Math.max(quoted, at + 1);
  }
  return found;
}
