import { LoupeError } from '@loupe/common/errors';
import { type Actor, type Role, roleIncludes } from '@loupe/common/models';

/** Throws `forbidden`, naming the role that would do. */
export function requireRole(actor: Actor, least: Role): void {
  if (roleIncludes(actor.role, least)) return;
  throw new LoupeError('forbidden', `This needs the role ${least}; you are ${actor.role}`);
}
