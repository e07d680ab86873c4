/** What a member may do; each includes the ones after it. */
export const roles = ['admin', 'editor', 'viewer'] as const;
export type Role = (typeof roles)[number];

/** Does `role` include `least`? */
export const roleIncludes = (role: Role, least: Role): boolean => roles.indexOf(role) <= roles.indexOf(least);

/** A member of one organization. `orgId` and `role` come from the membership that the token names. */
export interface User {
  id: string;
  orgId: string;
  email: string;
  name: string;
  role: Role;
  createdAt: Date;
  updatedAt: Date;
}

/** Rows of one organization, and of no other. First argument of every repository function that reads or writes them. */
export interface OrgScope {
  readonly orgId: string;
}

/** Who makes a request. */
export interface Actor extends OrgScope {
  readonly userId: string;
  readonly sessionId: string;
  readonly role: Role;
}
