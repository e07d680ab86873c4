import { createHash } from 'node:crypto';

/**
 * SHA-256 of what a request asks for: the same for equal values, in whatever order an object's members came.
 *
 * @param operation keeps requests of different kinds apart that happen to carry the same values
 */
export function requestHash(operation: string, request: object): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([operation, inOrder(request)]))
    .digest();
}

function inOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(inOrder);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, inOrder(member)]));
}
