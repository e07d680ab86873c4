import { type Api, createApi, dataOf, type Run, type Send } from './api.ts';
import { type CredentialOptions, type Exchange, withCredentials } from './credentials.ts';
import type { components, paths } from './generated/schema.ts';
import { itemsOf, type ItemOf, type ListOptions, type ListPath } from './lists.ts';
import { openResult, type StreamedResult } from './results.ts';
import { type RetryRules, withRetries } from './retries.ts';
import { look, runToEnd, type RunOptions, waitForEnd, type WaitOptions } from './runs.ts';

export interface ClientOptions extends CredentialOptions, RetryRules {
  /** The API's address, up to and including `/api/v1`. */
  url: string;
  /** Sends the requests instead of the global `fetch`. */
  fetch?: Send;
}

type BodyOf<Path extends '/runs' | '/runs/execute'> = NonNullable<
  paths[Path]['post']['requestBody']
>['content']['application/json'];

export interface LoupeClient {
  readonly api: Api;
  /** Runs a saved query and waits for the end. Throws LoupeRunError if that is no result, LoupeApiError if it is refused. */
  runQuery(body: BodyOf<'/runs'>, options?: RunOptions): Promise<Run>;
  /** The same for a statement that is not saved. */
  runStatement(body: BodyOf<'/runs/execute'>, options?: RunOptions): Promise<Run>;
  /** Waits for the end of a run that somebody has started. Throws as runQuery does. */
  waitForRun(id: string, options?: WaitOptions): Promise<Run>;
  /** The result of a run that completed, its rows as they come in. Throws LoupeApiError where there is none. */
  result(runId: string, options?: WaitOptions): Promise<StreamedResult>;
  /** All items of a list; further pages are asked for as they are needed. Throws LoupeApiError. */
  items<Path extends ListPath>(path: Path, options?: ListOptions<Path>): AsyncGenerator<ItemOf<Path>, void>;
}

export function createLoupeClient(options: ClientOptions): LoupeClient {
  const send: Send = options.fetch ?? ((request) => fetch(request));
  const api = createApi(
    options.url,
    withRetries(withCredentials(send, options, exchangeAt(options.url, send)), options),
  );
  return {
    api,
    runQuery: (body, more) => runToEnd(api, (init) => dataOf(api.POST('/runs', { body, ...init })), more),
    runStatement: (body, more) =>
      runToEnd(api, (init) => dataOf(api.POST('/runs/execute', { body, ...init })), more),
    waitForRun: async (id, more) => waitForEnd(api, (await look(api, id, more?.signal)).run, more),
    result: (runId, more) => openResult(api, runId, more),
    items: (path, more) => itemsOf(api, path, more),
  };
}

export interface SignInOptions extends Omit<ClientOptions, 'token' | 'refreshToken'> {
  email: string;
  password: string;
}

/** A client that stays signed in as long as the server allows. Throws LoupeApiError. */
export async function signIn({ email, password, ...options }: SignInOptions): Promise<LoupeClient> {
  const { api } = createLoupeClient(options);
  const signedIn: components['schemas']['SignIn'] = await dataOf(
    api.POST('/auth/login', { body: { email, password } }),
  );
  return createLoupeClient({
    ...options,
    token: signedIn.token,
    refreshToken: signedIn.refresh_token,
  });
}

/** Never tried again: a refresh token that comes twice ends the session. */
function exchangeAt(url: string, send: Send): Exchange {
  const api = createApi(url, send);
  return async (refreshToken) => {
    const { data } = await api.POST('/auth/refresh', {
      headers: { authorization: `Bearer ${refreshToken}` },
    });
    return data && { token: data.token, refreshToken: data.refresh_token };
  };
}
