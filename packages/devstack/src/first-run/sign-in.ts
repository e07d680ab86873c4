import type { LoupeHome } from '../home/loupe-home';
import { readPrivateJson, writePrivateJson } from '../home/private-file';
import { randomPassword } from '../home/secrets';
import { ApiRefusal, type ApiClient } from '../rest/api-client';
import { startProblem } from '../screen/start-problem';

export interface Credentials {
  email: string;
  password: string;
  /** Up to and including `/api/v1`. */
  api_url: string;
}

export interface SignedIn {
  api: ApiClient;
  credentials: Credentials;
  userId: string;
  /** True when this very start made the account. */
  isNew: boolean;
}

const EMAIL = 'admin@example.com';

/**
 * Signs in as the installation's first admin, and registers first if there is none. The password is on disk before
 * the account is made: a crash in between costs nothing, the other way round it would lock everybody out.
 */
export async function signIn(home: LoupeHome, api: ApiClient, apiUrl: string): Promise<SignedIn> {
  const credentials = keepCredentials(home, apiUrl);
  const first = await tryLogin(api, credentials);
  if (first !== undefined) return { ...first, credentials, isNew: false };
  await register(home, api, credentials);
  const second = await tryLogin(api, credentials);
  if (second === undefined) throw startProblem('The API refuses the login that it has just registered.');
  return { ...second, credentials, isNew: true };
}

function keepCredentials(home: LoupeHome, apiUrl: string): Credentials {
  const kept = readPrivateJson(home.credentials);
  const { email = EMAIL, password = randomPassword() } = (kept ?? {}) as Partial<Credentials>;
  const credentials = { email, password, api_url: apiUrl };
  if (JSON.stringify(kept) !== JSON.stringify(credentials)) writePrivateJson(home.credentials, credentials);
  return credentials;
}

async function tryLogin(
  api: ApiClient,
  { email, password }: Credentials,
): Promise<Pick<SignedIn, 'api' | 'userId'> | undefined> {
  try {
    const { token, user } = await api.post<{ token: string; user: { id: string } }>('/auth/login', {
      email,
      password,
    });
    return { api: api.withToken(token), userId: user.id };
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === 401) return undefined;
    throw error;
  }
}

async function register(home: LoupeHome, api: ApiClient, { email, password }: Credentials): Promise<void> {
  try {
    await api.post('/auth/register', { email, password, name: 'Admin', org_name: 'Sample organization' });
  } catch (error) {
    if (!(error instanceof ApiRefusal) || error.status !== 409) throw error;
    throw startProblem(
      `There is an account ${email}, but not with the password in ${home.credentials}: correct the password there to see a sample query run.`,
      error,
    );
  }
}
