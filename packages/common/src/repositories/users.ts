import type { Queryable } from '../db';
import type { Actor, User } from '../models';
import { userColumns, userOf, type UserRow } from './user-rows';

/** Who may sign in, with what is needed to check it. Only here does a password hash leave the database. */
export interface Credentials {
  user: User;
  passwordHash: string;
}

/** Ids are made by the caller. The first member is the organization's admin. */
export interface NewOrganization {
  orgId: string;
  orgName: string;
  userId: string;
  email: string;
  userName: string;
  passwordHash: string;
}

/** Identity is looked up by user before any scope exists: the only reads outside of one. */
export interface UserRepository {
  /** By e-mail in lower case; the newest membership decides the organization. Undefined without a membership. */
  findCredentials(email: string): Promise<Credentials | undefined>;
  /** Session, user and membership in one read by keys; undefined as soon as any of them has ended. */
  findBySession(session: Omit<Actor, 'role'>): Promise<User | undefined>;
  /**
   * Inserts organization, user and membership; belongs into a transaction. Who was removed from every organization may begin
   * anew, as the same user with a new name and password. Undefined when the e-mail is taken.
   */
  insertWithOrganization(organization: NewOrganization): Promise<User | undefined>;
  /** With or without a membership. */
  emailExists(email: string): Promise<boolean>;
  /** Stores a fresh hash of the same password, unless the user has another one by now. */
  replacePasswordHash(userId: string, hashes: { verified: string; fresh: string }): Promise<void>;
}

export function createUserRepository(db: Queryable): UserRepository {
  return {
    async findCredentials(email) {
      const row = await db.row<UserRow & { password_hash: string }>({
        name: 'users.findCredentials',
        text: `SELECT ${userColumns}, u.password_hash
               FROM users u
               JOIN memberships m ON m.user_id = u.id AND m.deleted_at IS NULL
               JOIN organizations o ON o.id = m.org_id AND o.deleted_at IS NULL
               WHERE u.email = $1
               ORDER BY m.created_at DESC, m.org_id DESC LIMIT 1`,
        values: [email],
      });
      return row && { user: userOf(row), passwordHash: row.password_hash };
    },
    async findBySession({ sessionId, orgId, userId }) {
      const row = await db.row<UserRow>({
        name: 'users.findBySession',
        text: `SELECT ${userColumns}
               FROM sessions s
               JOIN users u ON u.id = s.user_id
               JOIN memberships m ON m.org_id = s.org_id AND m.user_id = s.user_id AND m.deleted_at IS NULL
               JOIN organizations o ON o.id = s.org_id AND o.deleted_at IS NULL
               WHERE s.id = $1 AND s.org_id = $2 AND s.user_id = $3
                 AND s.revoked_at IS NULL AND s.expires_at > now()`,
        values: [sessionId, orgId, userId],
      });
      return row && userOf(row);
    },
    insertWithOrganization: (organization) => insertWithOrganization(db, organization),
    async emailExists(email) {
      const row = await db.row({
        name: 'users.findByEmail',
        text: 'SELECT id FROM users WHERE email = $1',
        values: [email],
      });
      return row !== undefined;
    },
    async replacePasswordHash(userId, { verified, fresh }) {
      await db.execute({
        name: 'users.replacePasswordHash',
        text: 'UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2',
        values: [userId, verified, fresh],
      });
    },
  };
}

async function insertWithOrganization(
  db: Queryable,
  organization: NewOrganization,
): Promise<User | undefined> {
  const { orgId, orgName } = organization;
  const userId = (await insertUser(db, organization)) ?? (await renewUser(db, organization));
  if (userId === undefined) return undefined;
  await db.execute({
    name: 'organizations.insert',
    text: 'INSERT INTO organizations (id, name) VALUES ($1, $2)',
    values: [orgId, orgName],
  });
  const row = await db.row<UserRow>({
    name: 'memberships.insertFirst',
    text: `WITH m AS (
             INSERT INTO memberships (org_id, user_id, role) VALUES ($1, $2, 'admin') RETURNING *
           )
           SELECT ${userColumns} FROM m JOIN users u ON u.id = m.user_id`,
    values: [orgId, userId],
  });
  return row && userOf(row);
}

/** The e-mail decides: of two racing registrations the second waits here for the first, and then gets no row. */
async function insertUser(db: Queryable, { userId, ...user }: NewOrganization): Promise<string | undefined> {
  const inserted = await db.execute({
    name: 'users.insert',
    text: `INSERT INTO users (id, email, name, password_hash) VALUES ($1, $2, $3, $4) ON CONFLICT (email) DO NOTHING`,
    values: [userId, user.email, user.userName, user.passwordHash],
  });
  return inserted === 0 ? undefined : userId;
}

/** Locks first, and looks for a membership in a statement of its own: that one sees what another registration committed. */
async function renewUser(db: Queryable, user: NewOrganization): Promise<string | undefined> {
  const known = await db.row<{ id: string }>({
    name: 'users.lockByEmail',
    text: 'SELECT id FROM users WHERE email = $1 FOR UPDATE',
    values: [user.email],
  });
  if (known === undefined) return undefined;
  const renewed = await db.execute({
    name: 'users.renew',
    text: `UPDATE users SET name = $2, password_hash = $3, updated_at = now()
           WHERE id = $1 AND NOT EXISTS (SELECT FROM memberships WHERE user_id = $1 AND deleted_at IS NULL)`,
    values: [known.id, user.userName, user.passwordHash],
  });
  return renewed === 0 ? undefined : known.id;
}
