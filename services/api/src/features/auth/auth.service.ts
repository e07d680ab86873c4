import type { AccessTokens, PasswordHasher } from '@loupe/common/crypto';
import { newId, newOpaqueToken } from '@loupe/common/crypto';
import { conflict, LoupeError } from '@loupe/common/errors';
import type { User } from '@loupe/common/models';
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
  const { tokens } = parts;
  const { accessLifetimeSeconds, refreshLifetimeSeconds } = parts.lifetimes;
  const sessionId = newId();
  // As long as the longer-lived of its tokens: either must be able to say that the session is still open.
  const lifetimeSeconds = Math.max(accessLifetimeSeconds, refreshLifetimeSeconds);
  await sessions.insert(user, { id: sessionId, userId: user.id, lifetimeSeconds });
  const { token: refreshToken, hash } = newOpaqueToken();
  await sessions.insertRefreshToken(user, {
    id: newId(),
    sessionId,
    hash,
    lifetimeSeconds: refreshLifetimeSeconds,
  });
  const { token } = tokens.issue({ userId: user.id, orgId: user.orgId, sessionId });
  return { user, token, refreshToken };
}
