import { type AccessTokens, newId } from '@loupe/common/crypto';
import type { Queryable } from '@loupe/common/db';
import type { Actor, Role } from '@loupe/common/models';
import { createSessionRepository } from '@loupe/common/repositories';

export interface Member extends Actor {
  token: string;
}

export interface MemberChoices {
  /** Default: a new one. */
  orgId?: string;
  /** Default: admin. */
  role?: Role;
}

export async function createMember(
  db: Queryable,
  tokens: AccessTokens,
  { orgId = newId(), role = 'admin' }: MemberChoices = {},
): Promise<Member> {
  const userId = newId();
  const sessionId = newId();
  await db.execute({
    name: 'test.organization',
    text: `INSERT INTO organizations (id, name) VALUES ($1, 'Test organization') ON CONFLICT DO NOTHING`,
    values: [orgId],
  });
  await db.execute({
    name: 'test.user',
    text: `INSERT INTO users (id, email, name, password_hash) VALUES ($1, $2, 'Test user', 'no password')`,
    values: [userId, `${userId}@example.com`],
  });
  await db.execute({
    name: 'test.membership',
    text: 'INSERT INTO memberships (org_id, user_id, role) VALUES ($1, $2, $3)',
    values: [orgId, userId, role],
  });
  await createSessionRepository(db).insert({ orgId }, { id: sessionId, userId, lifetimeSeconds: 3_600 });
  const { token } = tokens.issue({ userId, orgId, sessionId });
  return { userId, orgId, sessionId, role, token };
}
