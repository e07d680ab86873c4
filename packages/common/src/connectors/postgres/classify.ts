import type { RunErrorClass } from '../../models/run-errors';
import { ConnectorError, connectFailure } from '../connector-error';
import { isServerError, type ServerError } from './wire';

/** SQLSTATE → class; the longest prefix wins. See PostgreSQL's appendix A for the codes. */
const classes: readonly (readonly [prefix: string, errorClass: RunErrorClass])[] = [
  ['08', 'connect'],
  ['57P01', 'connect'],
  ['57P02', 'connect'],
  ['57P03', 'connect'],
  ['57P04', 'configuration'],
  ['57P05', 'lost_connection'],
  ['53', 'overload'],
  ['40001', 'conflict'],
  ['40P01', 'conflict'],
  ['55P03', 'conflict'],
  ['25P03', 'lost_connection'],
  ['25P04', 'timeout'],
  ['42501', 'permission'],
  ['28', 'permission'],
  ['3D000', 'configuration'],
  // What is wrong with the statement or with the data that it meets.
  ...[
    '0A',
    '20',
    '21',
    '22',
    '23',
    '25',
    '26',
    '2B',
    '2F',
    '34',
    '38',
    '39',
    '3B',
    '3F',
    '42',
    '44',
    '54',
    '55',
  ].map((prefix) => [prefix, 'user'] as const),
  ['P0', 'user'],
];

/** The class of a server's error by its SQLSTATE. */
export function classOf(sqlState: string): RunErrorClass {
  let best: readonly [string, RunErrorClass] = ['', 'unknown'];
  for (const row of classes) if (sqlState.startsWith(row[0]) && row[0].length > best[0].length) best = row;
  return best[1];
}

/** Classes whose server texts may name hosts, users or databases; they get words of ours. */
const ownTexts: Partial<Record<RunErrorClass, string>> = {
  connect: 'The database closed the connection',
  overload: 'The database has no capacity left (too many connections, or out of memory or disk space)',
  lost_connection: 'The connection to the database was lost',
  configuration: 'The database does not exist (any more), or does not accept connections like this one',
  timeout: 'The database stopped the statement at its time limit',
};

/** `line 2, column 7` of a position that counts characters from 1. */
function placeOf(text: string, position: number): string {
  const before = [...text].slice(0, position - 1).join('');
  const line = before.split('\n');
  return `line ${line.length}, column ${[...(line.at(-1) ?? '')].length + 1}`;
}

function serverText(error: ServerError, statement: string): string {
  const position = Number(error.position);
  return [
    position > 0 ? `${error.message} (${placeOf(statement, position)})` : error.message,
    ...(error.detail ? [`Detail: ${error.detail}`] : []),
    ...(error.hint ? [`Hint: ${error.hint}`] : []),
  ].join('\n');
}

const lost = (cause: unknown): ConnectorError =>
  new ConnectorError('lost_connection', 'The connection to the database was lost', { cause });

/**
 * An error of the driver while a statement was under way. Anything but a message of the server means that the
 * connection is gone. For errors in the statement the text is the server's own, with the place.
 */
export function statementError(error: unknown, statement: string): ConnectorError {
  if (error instanceof ConnectorError) return error;
  if (!isServerError(error)) return lost(error);
  const errorClass = classOf(error.code);
  const text = ownTexts[errorClass] ?? serverText(error, statement);
  return new ConnectorError(errorClass, text, { sqlState: error.code, cause: error });
}

/** An error of the driver while the session was being set up on a connected socket. */
export function sessionError(error: unknown): ConnectorError {
  if (error instanceof ConnectorError) return error;
  if (!isServerError(error)) return connectFailure('refused', { cause: error });
  const parts = { sqlState: error.code, cause: error };
  if (error.code.startsWith('28')) return connectFailure('auth_failed', parts);
  const errorClass = classOf(error.code);
  // At this point there is no statement whose fault it could be.
  const settled = ownTexts[errorClass] === undefined ? 'configuration' : errorClass;
  return new ConnectorError(settled, ownTexts[settled] ?? '', parts);
}
