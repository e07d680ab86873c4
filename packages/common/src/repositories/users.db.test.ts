import { randomBytes } from 'node:crypto';
import { newId } from '../crypto';
import type { Database } from '../db';
import { openTestDatabase, type TestDatabase } from '../testing';
import { createSchemaRepository } from './schema';
import { createSessionRepository } from './sessions';
import { transactionOf } from './transaction';
import { createUserRepository, type NewOrganization } from './users';

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  db = database.open('loupe_app');
});
afterAll(() => database.close());

const organization = (email = `${newId()}@example.com`): NewOrganization => ({
  orgId: newId(),
  orgName: 'Org',
  userId: newId(),
  email,
  userName: 'Ada',
  passwordHash: 'hash',
});

const register = (given: NewOrganization) =>
  transactionOf(db, createUserRepository)((users) => users.insertWithOrganization(given));

it('finds the credentials of who registered', async () => {
  const given = organization();
  const user = await register(given);
  expect(user).toMatchObject({ id: given.userId, orgId: given.orgId, role: 'admin', name: 'Ada' });
  const users = createUserRepository(db);
  expect(await users.findCredentials(given.email)).toEqual({ user, passwordHash: 'hash' });
  await users.replacePasswordHash(given.userId, { verified: 'hash', fresh: 'fresh' });
  expect(await users.findCredentials(given.email)).toMatchObject({ passwordHash: 'fresh' });
  // The password that was verified is not the user's any more.
  await users.replacePasswordHash(given.userId, { verified: 'hash', fresh: 'old password' });
  expect(await users.findCredentials(given.email)).toMatchObject({ passwordHash: 'fresh' });
  expect(await users.emailExists(given.email)).toBe(true);
  expect(await users.emailExists('nobody@example.com')).toBe(false);
  expect(await users.findCredentials('nobody@example.com')).toBeUndefined();
});

it('lets one of many registrations of one address win', async () => {
  const email = `${newId()}@example.com`;
  const results = await Promise.all(Array.from({ length: 5 }, () => register(organization(email))));
  expect(results.filter((user) => user !== undefined)).toHaveLength(1);
});

it('finds a user by an open session of theirs alone', async () => {
  const given = organization();
  const user = await register(given);
  const sessions = createSessionRepository(db);
  const users = createUserRepository(db);
  const session = { id: newId(), userId: given.userId, lifetimeSeconds: 60 };
  await sessions.insert(given, session);
  const hash = randomBytes(32);
  await sessions.insertRefreshToken(given, { id: newId(), sessionId: session.id, hash, lifetimeSeconds: 60 });
  const named = { sessionId: session.id, orgId: given.orgId, userId: given.userId };
  expect(await users.findBySession(named)).toEqual(user);
  expect(await users.findBySession({ ...named, orgId: newId() })).toBeUndefined();
  expect(await users.findBySession({ ...named, userId: newId() })).toBeUndefined();
  expect(await users.findBySession({ ...named, sessionId: newId() })).toBeUndefined();
  const past = { id: newId(), userId: given.userId, lifetimeSeconds: -1 };
  await sessions.insert(given, past);
  expect(await users.findBySession({ ...named, sessionId: past.id })).toBeUndefined();
});

it('sees the migrations that were applied, under every role', async () => {
  for (const role of ['loupe_app', 'loupe_engine', 'loupe_runner'] as const) {
    const applied = await createSchemaRepository(database.open(role)).appliedMigrations();
    expect(applied.slice(0, 2)).toEqual(['0001_identity', '0002_queries']);
  }
});
