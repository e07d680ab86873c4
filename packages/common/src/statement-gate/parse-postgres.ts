import { parseSync, SqlError } from 'libpg-query';
import { judgeStatement, maskParameters, positionOfCharacter } from '../sql';
import { type Answer, tooComplex } from './messages';

/** Its messages repeat the text from the error on, which may be all of it. */
const MAX_MESSAGE = 200;

/** PostgreSQL's own parser reads the text, and the rules judge what it found. */
export function judgePostgres(sql: string): Answer {
  // The parser's texts end at the first NUL, and it would get another character for half of a pair.
  if (sql.includes('\0') || !sql.isWellFormed()) {
    return { problem: 'must not contain U+0000 or lone surrogates', isBroken: false };
  }
  const text = maskParameters(sql);
  try {
    return { problem: judgeStatement(parseSync(text), text), isBroken: false };
  } catch (error) {
    // Anything else comes from within: a stack or a memory that is used up.
    if (!(error instanceof SqlError)) return { problem: tooComplex, isBroken: true };
    return { problem: wordsOf(error, text), isBroken: false };
  }
}

function wordsOf({ message, sqlDetails }: SqlError, text: string): string {
  if (message.startsWith('memory exhausted')) return tooComplex;
  const short = message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message;
  return `cannot be read: ${short} (${positionOfCharacter(text, sqlDetails?.cursorPosition ?? 0)})`;
}
