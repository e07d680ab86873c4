import { errorCode, errorText, LoupeError } from '@loupe/common/errors';

/** Something the user can put right. The message is one whole sentence or two: what is wrong, and what to do. */
export const startProblem = (message: string, cause?: unknown): LoupeError =>
  new LoupeError('unavailable', message, { code: 'start_problem', cause });

const LONGEST_LINE = 300;

const BY_CODE: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full: free some space and start again. Nothing was lost.',
  EDQUOT: 'The disk quota is used up: free some space and start again. Nothing was lost.',
  EROFS:
    'The folder for Loupe’s data lies on a read-only disk: set LOUPE_HOME to a folder that can be written.',
};

/** What the screen says of anything that was thrown: never a stack trace. */
export function problemSentence(thrown: unknown, home: string): string {
  if (thrown instanceof LoupeError) return thrown.message;
  const code = errorCode(thrown);
  if (code !== undefined && BY_CODE[code] !== undefined) return BY_CODE[code];
  if (code === 'EACCES' || code === 'EPERM') {
    return `The folder ${home} cannot be written by this user: give it to them, or set LOUPE_HOME to another folder.`;
  }
  return `Loupe cannot start: ${lastLine(errorText(thrown))}.`;
}

/** Some libraries put a whole statement before what they have to say. */
function lastLine(text: string): string {
  const line = text.trim().split('\n').at(-1)?.trim() ?? '';
  return line.length > LONGEST_LINE ? `…${line.slice(-LONGEST_LINE)}` : line;
}

/** Turns what a tool wrote before it failed into a sentence; the last line usually says it. */
export function toolProblem(tool: string, output: string): LoupeError {
  if (/No space left on device|ENOSPC/.test(output)) return startProblem(BY_CODE['ENOSPC'] as string);
  const line = lastLine(output);
  return startProblem(`${tool} failed: ${line === '' ? 'it said nothing' : line}`);
}
