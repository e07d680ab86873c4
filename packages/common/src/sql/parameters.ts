import { findPlaceholders } from './lexer';

/** Names of the parameters that a statement uses, each once, in order of first use. */
export function findParameters(sql: string): string[] {
  const named = findPlaceholders(sql).filter(({ kind }) => kind === 'named');
  return [...new Set(named.map(({ name }) => name))];
}

/** Whether a statement uses `$1` and the like, for which a run has no value. */
export const hasPositionalPlaceholder = (sql: string): boolean =>
  findPlaceholders(sql).some(({ kind }) => kind === 'positional');

export interface ReplacedParameters {
  text: string;
  /** `names[n - 1]` is the parameter that became `$n`. */
  names: string[];
}

/**
 * Puts `$1` … `$n` for a statement's parameters; a name that occurs again keeps its number. Each placeholder is
 * filled up with blanks to the length of the name, so that positions in the database's error messages hold
 * for the original text too. (The tenth and later one-letter names grow by a character: `$j` → `$10`.)
 */
export function replaceParameters(sql: string): ReplacedParameters {
  const numbers = new Map<string, number>();
  let text = '';
  let copied = 0;
  for (const { kind, name, start, end } of findPlaceholders(sql)) {
    if (kind !== 'named') continue;
    const number = numbers.get(name) ?? numbers.size + 1;
    numbers.set(name, number);
    text += sql.slice(copied, start) + `$${String(number)}`.padEnd(end - start);
    copied = end;
  }
  return { text: text + sql.slice(copied), names: [...numbers.keys()] };
}

/**
 * The statement as a parser of PostgreSQL takes it: each `$name` becomes a `$1` of the same length, so that every position
 * holds for the original text. What it says of values is nothing; `bindParameters` numbers them.
 */
export function maskParameters(sql: string): string {
  let text = '';
  let copied = 0;
  for (const { kind, start, end } of findPlaceholders(sql)) {
    if (kind !== 'named') continue;
    text += sql.slice(copied, start) + '$1'.padEnd(end - start);
    copied = end;
  }
  return text + sql.slice(copied);
}
