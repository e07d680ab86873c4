import { errorCode, errorText, LoupeError } from '../errors';

/** SQLSTATE: such an error comes from PostgreSQL, and its text may hold the statement. */
const SQLSTATE = /^[0-9A-Z]{5}$/;

function foreignLine(error: unknown): string {
  const code = errorCode(error);
  if (code === 'EADDRINUSE') return `${endpointOf(error)} is already in use`;
  return code !== undefined && SQLSTATE.test(code) ? `the database refused (${code})` : errorText(error);
}

function endpointOf(error: unknown): string {
  const { address, port } = error as { address?: string; port?: number };
  return port === undefined ? (address ?? 'the address') : `${address ?? ''}:${port}`;
}

/**
 * What to print when a service cannot start: one line a problem, no stack. A person reads this in a terminal or in
 * `kubectl logs`, before there is a logger.
 */
export function failureLines(error: unknown): string[] {
  if (!(error instanceof LoupeError)) return [foreignLine(error)];
  const problems = Object.values(error.fields ?? {});
  if (problems.length > 0) return [`${error.message}:`, ...problems.map((problem) => `  ${problem}`)];
  return [error.detail === undefined ? error.message : `${error.message}: ${error.detail}`];
}
