import type { AccessTokens, PasswordHasher } from '@loupe/common/crypto';
import { hashOpaqueToken, newId, newOpaqueToken } from '@loupe/common/crypto';
import { conflict, LoupeError } from '@loupe/common/errors';
import type { Actor, User } from '@loupe/common/models';
import type { SessionRepository, Transaction, UserRepository } from '@loupe/common/repositories';
import type { SignIn } from './auth.contract';

interface AuthParts {
  users: UserRepository;
  transaction: Transaction<{ users: UserRepository; sessions: SessionRepository }>;
  passwords: PasswordHasher;
  tokens: AccessTokens;
  lifetimes: { accessLifetimeSeconds: number; refreshLifetimeSeconds: number };
}

export interface Registration {
  email: string;
  password: string;
  name: string;
  orgName?: string;
}

export interface AuthService {
  /** A new organization with its first user, who is signed in. Throws `conflict` when the e-mail is taken. */
  register(registration: Registration): Promise<SignIn>;
  /** Throws `unauthenticated`, in the same words and after the same time for every reason. */
  login(credentials: { email: string; password: string }): Promise<SignIn>;
  /** Uses the token up and opens what follows it. Throws `unauthenticated`; one that was used before ends its session. */
  refresh(refreshToken: string): Promise<Omit<SignIn, 'user'>>;
  /** Ends the session, with all its tokens. */
  logout(actor: Actor): Promise<void>;
  /** Makes the organization and admin that an operator named, unless the e-mail exists: it never changes a user. */
  ensureAdmin(admin: { email: string; password: string }): Promise<boolean>;
}

export function createAuthService(parts: AuthParts): AuthService {
  const { users, transaction, passwords } = parts;
  return {
    async register(registration) {
      const organization = await newOrganization(passwords, registration);
      return transaction(async (repositories) => {
        const user = await repositories.users.insertWithOrganization(organization);
        if (user === undefined) throw conflict('This e-mail address is already registered');
        return openSession(parts, repositories.sessions, user);
      });
    },
    async login({ email, password }) {
      const credentials = await users.findCredentials(email);
      const matches = await passwords.verify(password, credentials?.passwordHash);
      if (credentials === undefined || !matches) {
        throw new LoupeError('unauthenticated', 'Wrong e-mail address or password');
      }
      const { user, passwordHash } = credentials;
      const freshHash = passwords.needsRehash(passwordHash) ? await passwords.hash(password) : undefined;
      return transaction(async (repositories) => {
        if (freshHash !== undefined) {
          const hashes = { verified: passwordHash, fresh: freshHash };
          await repositories.users.replacePasswordHash(user.id, hashes);
        }
        return openSession(parts, repositories.sessions, user);
      });
    },
    refresh: (refreshToken) => refresh(parts, hashOpaqueToken(refreshToken)),
    logout: (actor) => transaction(({ sessions }) => sessions.revoke(actor, actor.sessionId)),
    async ensureAdmin({ email, password }) {
      if (await users.emailExists(email)) return false;
      const organization = await newOrganization(passwords, {
        email,
        password,
        name: 'Admin',
        orgName: 'Default Organization',
      });
      const user = await transaction((repositories) =>
        repositories.users.insertWithOrganization(organization),
      );
      return user !== undefined;
    },
  };
}

/** Hashing comes before the transaction: it takes longer than everything inside. */
async function newOrganization(passwords: PasswordHasher, { email, password, name, orgName }: Registration) {
  return {
    orgId: newId(),
    orgName: orgName ?? `${name}'s Org`,
    userId: newId(),
    email,
    userName: name,
    passwordHash: await passwords.hash(password),
  };
}

async function openSession(parts: AuthParts, sessions: SessionRepository, user: User): Promise<SignIn> {
  const session = { orgId: user.orgId, userId: user.id, sessionId: newId() };
  const lifetimeSeconds = sessionLifetime(parts);
  await sessions.insert(user, { id: session.sessionId, userId: user.id, lifetimeSeconds });
  return { user, ...(await issueTokens(parts, sessions, { session })) };
}

async function refresh(parts: AuthParts, hash: Buffer): Promise<Omit<SignIn, 'user'>> {
  const tokens = await parts.transaction(async ({ users, sessions }) => {
    const used = await sessions.useRefreshToken(hash);
    if (used === undefined || (await users.findBySession(used.session)) === undefined) {
      await sessions.revokeReused(hash);
      // Thrown after the commit: the session must stay revoked.
      return undefined;
    }
    const { session, id } = used;
    await sessions.extend(session, { id: session.sessionId, lifetimeSeconds: sessionLifetime(parts) });
    return issueTokens(parts, sessions, { session, parentId: id });
  });
  if (tokens === undefined) throw new LoupeError('unauthenticated', 'This session has ended; sign in again');
  return tokens;
}

/** As long as the longer-lived of its tokens: either must be able to say that the session is still open. */
const sessionLifetime = ({ lifetimes }: AuthParts): number =>
  Math.max(lifetimes.accessLifetimeSeconds, lifetimes.refreshLifetimeSeconds);

async function issueTokens(
  { tokens, lifetimes }: AuthParts,
  sessions: SessionRepository,
  { session, parentId }: { session: Omit<Actor, 'role'>; parentId?: string },
): Promise<Omit<SignIn, 'user'>> {
  const { token: refreshToken, hash } = newOpaqueToken();
  await sessions.insertRefreshToken(session, {
    id: newId(),
    ...(parentId !== undefined && { parentId }),
    sessionId: session.sessionId,
    hash,
    lifetimeSeconds: lifetimes.refreshLifetimeSeconds,
  });
  return { token: tokens.issue(session).token, refreshToken };
}
