import type { Knex } from 'knex';
import { listPage, type Queryable } from '../db';
import { type ListRequest, mapPage, type OrgScope, type Page, type Role, type User } from '../models';
import { userColumns, userOf, type UserRow } from './user-rows';

/** Who belongs to an organization. Methods that write belong into a transaction that holds the lock. */
export interface MemberRepository {
  list(scope: OrgScope, request: ListRequest): Promise<Page<User>>;
  find(scope: OrgScope, userId: string): Promise<User | undefined>;
  /** Makes changes of one organization's members wait for each other until the transaction ends. */
  lock(scope: OrgScope): Promise<void>;
  setRole(scope: OrgScope, member: { userId: string; role: Role }): Promise<void>;
  /** Ends the membership and all of its sessions; what the member made stays. */
  remove(scope: OrgScope, userId: string): Promise<void>;
}

export function createMemberRepository(db: Queryable): MemberRepository {
  return {
    list: (scope, request) => list(db, scope, request),
    async find({ orgId }, userId) {
      const row = await db.row<UserRow>({
        name: 'members.find',
        text: `SELECT ${userColumns} FROM memberships m JOIN users u ON u.id = m.user_id
               WHERE m.org_id = $1 AND m.user_id = $2 AND m.deleted_at IS NULL`,
        values: [orgId, userId],
      });
      return row && userOf(row);
    },
    async lock({ orgId }) {
      // Rows that refer to the organization can still be inserted meanwhile.
      await db.execute({
        name: 'members.lock',
        text: 'SELECT FROM organizations WHERE id = $1 FOR NO KEY UPDATE',
        values: [orgId],
      });
    },
    async setRole({ orgId }, { userId, role }) {
      await db.execute({
        name: 'members.setRole',
        text: `UPDATE memberships SET role = $3, updated_at = now()
               WHERE org_id = $1 AND user_id = $2 AND deleted_at IS NULL AND role <> $3`,
        values: [orgId, userId, role],
      });
    },
    async remove({ orgId }, userId) {
      await db.execute({
        name: 'members.remove',
        text: `WITH ended AS (
                 UPDATE sessions SET revoked_at = now()
                 WHERE org_id = $1 AND user_id = $2 AND revoked_at IS NULL
               )
               UPDATE memberships SET deleted_at = now(), updated_at = now()
               WHERE org_id = $1 AND user_id = $2 AND deleted_at IS NULL`,
        values: [orgId, userId],
      });
    },
  };
}

const columns = ['id', 'org_id', 'email', 'name', 'role', 'created_at', 'updated_at'] as const;

/** The same as `userColumns`, of present members. */
const members = (knex: Knex): Knex.QueryBuilder =>
  knex('memberships as m')
    .join('users as u', 'u.id', 'm.user_id')
    .whereNull('m.deleted_at')
    .select('u.id', 'm.org_id', 'u.email', 'u.name', 'm.role', 'u.created_at')
    .select(knex.raw('greatest(u.updated_at, m.updated_at) AS updated_at'))
    .as('members');

async function list(db: Queryable, { orgId }: OrgScope, request: ListRequest): Promise<Page<User>> {
  const source = {
    name: 'members.list',
    table: members,
    orgId,
    columns,
    sortable: { created_at: 'created_at' },
    deletable: false,
  };
  return mapPage(await listPage<UserRow>(db, source, request), userOf);
}
