import { userInfo } from 'node:os';
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { LoupeError } from '@loupe/common/errors';
import type { OperatorDeed } from '@loupe/common/models';
import type { Output } from './output';

/** One word after `loupe`. */
export interface Command {
  /** A line per form of it. */
  usage: string;
  /** True: nothing is wrong. */
  run: (words: readonly string[], output: Output) => Promise<boolean>;
}

export interface Parsed {
  positionals: string[];
  /** The text of `--name text`. */
  option: (name: string) => string | undefined;
  flag: (name: string) => boolean;
}

/** `options`: true for a flag, false for one that takes a text. `--json` is understood everywhere. */
export function parse(
  words: readonly string[],
  options: Record<string, boolean>,
  { usage }: Pick<Command, 'usage'>,
): Parsed {
  const config: ParseArgsOptionsConfig = Object.fromEntries(
    Object.entries({ json: true, ...options }).map(([name, isFlag]) => [
      name,
      { type: isFlag ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  try {
    const { positionals, values } = parseArgs({ args: [...words], options: config, allowPositionals: true });
    return {
      positionals,
      option: (name) => values[name] as string | undefined,
      flag: (name) => values[name] === true,
    };
  } catch {
    throw usageError(usage);
  }
}

/** Words that a command does not know: it shows those that it does. */
export function usageError(usage: string): LoupeError {
  const name = /^loupe (\S+)/.exec(usage)?.[1] ?? 'loupe';
  return new LoupeError('invalid', `${name} does not know these words\n\n${usage}`);
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** An id in lower case; throws for anything that is none. */
export function idOf(text: string, what: string): string {
  if (uuid.test(text)) return text.toLowerCase();
  throw new LoupeError('invalid', `${what} must be an id, such as 0198c0de-0000-7000-8000-000000000000`);
}

/** Whoever is signed in to this machine, and the reason they gave. */
export function deedOf(parsed: Parsed): OperatorDeed {
  const reason = parsed.option('reason')?.trim() ?? '';
  if (reason === '' || reason.length > 500) {
    throw new LoupeError('invalid', 'Say why, in at most 500 characters: --reason "…"');
  }
  return { operator: `cli:${loginName()}`, reason };
}

function loginName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no name.
    return String(process.getuid?.() ?? 'unknown');
  }
}
