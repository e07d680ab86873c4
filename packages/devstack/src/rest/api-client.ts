import { errorText } from '@loupe/common/errors';
import { startProblem } from '../screen/start-problem';

type Json = Record<string, unknown>;

/** An answer outside 2xx, with the API's own sentence. */
export class ApiRefusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The REST API as any client sees it: this package has no other way in. */
export interface ApiClient {
  get<T = Json>(path: string): Promise<T>;
  post<T = Json>(path: string, body?: Json): Promise<T>;
  put<T = Json>(path: string, body: Json): Promise<T>;
  /** The same API with this token on every request. */
  withToken(token: string): ApiClient;
}

const PATIENCE_MS = 30_000;

/** @param url up to and including `/api/v1` */
export function createApiClient(url: string, token?: string): ApiClient {
  async function call<T>(method: string, path: string, body?: Json): Promise<T> {
    const headers = {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const request = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await send(`${url}${path}`, request);
    const answer = (await response.json().catch(() => ({}))) as Json;
    if (response.ok) return answer as T;
    throw new ApiRefusal(
      response.status,
      typeof answer['message'] === 'string' ? answer['message'] : response.statusText,
    );
  }
  return {
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
    put: (path, body) => call('PUT', path, body),
    withToken: (newToken) => createApiClient(url, newToken),
  };
}

async function send(url: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...request, signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw startProblem(`The API does not answer on ${url}: ${errorText(cause)}.`, error);
  }
}
