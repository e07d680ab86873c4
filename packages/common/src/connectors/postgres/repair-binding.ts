import { findPlaceholders } from '../../sql/lexer';
import type { PortalRequest } from './open-portal';
import { isServerError, type ServerError } from './wire';

const textOid = 25;
const numericOid = 1700;
const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,6})?$/;
const safeForAnyInteger = /^-?\d{1,4}$/;

/**
 * `$1 IS NULL OR country = $1`: PostgreSQL wants to know the type at the first place and learns it only at the
 * second. That place gets a placeholder of its own, declared as text, with the same value.
 */
function declarePlace(request: PortalRequest, position: number): PortalRequest | undefined {
  const index = [...request.text].slice(0, position - 1).join('').length;
  const found = findPlaceholders(request.text).find(({ start }) => start === index);
  const value = found && request.values[Number(found.name) - 1];
  if (!found || value === undefined) return undefined;
  const number = request.values.length + 1;
  // Blanks behind the placeholder fill it up to the parameter's name; they keep later positions right.
  const rest = request.text.slice(found.end).replace(/^ {1,2}/, '');
  const width = request.text.length - rest.length - found.start;
  const text = request.text.slice(0, found.start) + `$${number}`.padEnd(width) + rest;
  return withTextType({ ...request, text, values: [...request.values, value] }, number);
}

function withTextType(request: PortalRequest, number: number): PortalRequest {
  const types = request.values.map((_, n) => (n + 1 === number ? textOid : (request.types[n] ?? 0)));
  return { ...request, types };
}

/** Errors of functions that take anything name no place, only the placeholder (`jsonb_build_object('a', $1)`). */
function declareAmbiguous(request: PortalRequest, error: ServerError): PortalRequest | undefined {
  if (error.position !== undefined) return declarePlace(request, Number(error.position));
  const number = Number(/\$(\d+)/.exec(error.message)?.[1]);
  const isOpen = number <= request.values.length && (request.types[number - 1] ?? 0) === 0;
  return isOpen ? withTextType(request, number) : undefined;
}

/**
 * `int_column = $1` makes $1 an integer, which 1.5 and 10000000000 are not, though comparing them is sound:
 * such values are declared as numeric.
 */
function declareNumeric(request: PortalRequest): PortalRequest | undefined {
  const types = request.values.map((value, n) => {
    const declared = request.types[n] ?? 0;
    const isNumber = value !== null && decimal.test(value) && !safeForAnyInteger.test(value);
    return declared === 0 && isNumber ? numericOid : declared;
  });
  const isNew = types.some((oid, n) => oid !== (request.types[n] ?? 0));
  return isNew ? { ...request, types } : undefined;
}

/** The server could not read a value as the type that it inferred, or it is out of that type's range. */
export const isUnreadableValue = (error: unknown): boolean =>
  isServerError(error) && (error.code === '22P02' || error.code === '22003');

/**
 * Another way to bind the same statement, after the server could not settle a placeholder's type or could not read
 * a value as the type it inferred. Undefined when there is none. Inference alone comes first, because only it
 * makes a text comparable with uuid, enum and the like.
 */
export function repairBinding(request: PortalRequest, error: ServerError): PortalRequest | undefined {
  if (error.code === '42P18' || error.code === '42P08') return declareAmbiguous(request, error);
  return isUnreadableValue(error) ? declareNumeric(request) : undefined;
}
