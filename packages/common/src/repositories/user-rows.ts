import type { Role, User } from '../models';

export interface UserRow {
  id: string;
  org_id: string;
  email: string;
  name: string;
  role: Role;
  created_at: Date;
  updated_at: Date;
}

/** Of users u and memberships m. A change of the role changes the user as the API shows it. */
export const userColumns = `u.id, m.org_id, u.email, u.name, m.role, u.created_at, greatest(u.updated_at, m.updated_at) AS updated_at`;

export const userOf = (row: UserRow): User => ({
  id: row.id,
  orgId: row.org_id,
  email: row.email,
  name: row.name,
  role: row.role,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
