import type { Send } from './api.ts';

export interface Tokens {
  token: string;
  refreshToken: string;
}

export interface CredentialOptions {
  /** The access token, or what gives the one of the moment. */
  token?: string | (() => string | Promise<string>);
  /** Exchanged for new tokens, once, when the access token is refused. */
  refreshToken?: string;
  /** Told of new tokens, to keep them: the refresh token before is used up. */
  onTokens?: (tokens: Tokens) => void;
}

/** Resolves with undefined where the server gives no new tokens. */
export type Exchange = (refreshToken: string) => Promise<Tokens | undefined>;

/** Signs each request that is not signed yet; when the server refuses a token and there is a newer one, once more. */
export function withCredentials(send: Send, options: CredentialOptions, exchange: Exchange): Send {
  const credentials = createCredentials(options, exchange);
  const signed = (request: Request, token: string | undefined): Promise<Response> => {
    if (token !== undefined) request.headers.set('authorization', `Bearer ${token}`);
    return send(request);
  };
  return async (request) => {
    if (request.headers.has('authorization')) return send(request);
    const token = await credentials.current();
    const again = request.clone();
    const response = await signed(request, token);
    if (response.status !== 401 || token === undefined || !(await credentials.renewed(token)))
      return response;
    await response.body?.cancel();
    return signed(again, await credentials.current());
  };
}

interface Credentials {
  current(): Promise<string | undefined>;
  /** Whether there is a newer token than the one that was refused. */
  renewed(refused: string): Promise<boolean>;
}

function createCredentials(options: CredentialOptions, exchange: Exchange): Credentials {
  let { token, refreshToken } = options;
  let exchanging: Promise<void> | undefined;

  const current = async (): Promise<string | undefined> => (typeof token === 'function' ? token() : token);

  async function renew(): Promise<void> {
    if (refreshToken === undefined) return;
    const used = refreshToken;
    // Even if the answer is lost: a refresh token that comes twice ends the session.
    refreshToken = undefined;
    const tokens = await exchange(used);
    if (tokens === undefined) return;
    ({ token, refreshToken } = tokens);
    options.onTokens?.(tokens);
  }

  return {
    current,
    async renewed(refused) {
      if ((await current()) === refused) {
        // Requests that are refused together share one exchange.
        exchanging ??= renew().finally(() => (exchanging = undefined));
        await exchanging;
      }
      return (await current()) !== refused;
    },
  };
}
