import { basename } from 'node:path';
import { errorCode, LoupeError } from '../errors';

/** An error as it may be logged. No stack: it shows the host's paths; `at` says where it began. */
export interface ErrorFields {
  [member: string]: unknown;
  name: string;
}

const MAX_CAUSES = 5;
const SQLSTATE = /^[0-9A-Z]{5}$/;
/** knex puts the statement and its values before the driver's own text: `insert into … - duplicate key …`. */
const STATEMENT_BEFORE_TEXT =
  /^\s*(?:select|insert|update|delete|with|merge|begin|start|commit|rollback|savepoint|release|set|create|alter|drop|truncate|lock|call|explain|copy|declare|fetch)\b[\s\S]* - /i;

const textMember = (error: Error, member: string): string | undefined => {
  const value: unknown = Reflect.get(error, member);
  return typeof value === 'string' ? value : undefined;
};

/** File and line of the innermost frame outside Node.js, without its directory. */
function originOf(error: Error): string | undefined {
  for (const line of error.stack?.split('\n') ?? []) {
    const frame = /^\s+at .*?\(?((?:file:\/\/)?\/[^():]+|[A-Z]:\\[^():]+):(\d+):\d+\)?$/.exec(line);
    if (frame?.[1] !== undefined) return `${basename(frame[1].replaceAll('\\', '/'))}:${frame[2] ?? ''}`;
  }
  return undefined;
}

/** Of a driver's error: its code and what broke. Its text and detail may hold statements and rows. */
const driverFields = (error: Error, code: string): ErrorFields => ({
  name: 'DatabaseError',
  code,
  class: code.slice(0, 2),
  severity: textMember(error, 'severity'),
  constraint: textMember(error, 'constraint'),
});

function foreignFields(error: Error): ErrorFields {
  const code = errorCode(error);
  if (code !== undefined && SQLSTATE.test(code) && textMember(error, 'severity') !== undefined) {
    return driverFields(error, code);
  }
  const syscall = textMember(error, 'syscall');
  // Texts of file errors hold paths; code and call say as much.
  const message =
    textMember(error, 'path') === undefined ? error.message.replace(STATEMENT_BEFORE_TEXT, '') : undefined;
  return { name: error.name, code, syscall, message, at: originOf(error) };
}

function ownFields(error: LoupeError): ErrorFields {
  const { name, kind, code, message, detail, fields } = error;
  return {
    name,
    kind,
    code,
    message,
    detail,
    invalid_fields: fields && Object.keys(fields),
    at: originOf(error),
  };
}

/** What may be logged of an error and of its causes: an allow-list, so a driver's new member stays out by itself. */
export function errorFields(error: unknown, depth = 0): ErrorFields {
  if (!(error instanceof Error))
    return { name: 'NonError', message: typeof error === 'string' ? error : typeof error };
  const fields = error instanceof LoupeError ? ownFields(error) : foreignFields(error);
  if (depth >= MAX_CAUSES) return fields;
  if (error.cause !== undefined) fields['cause'] = errorFields(error.cause, depth + 1);
  if (error instanceof AggregateError) {
    fields['errors'] = error.errors.slice(0, MAX_CAUSES).map((one) => errorFields(one, depth + 1));
  }
  return fields;
}
