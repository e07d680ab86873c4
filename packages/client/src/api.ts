import createClient, { type Client } from 'openapi-fetch';
import { apiError } from './errors.ts';
import type { components, paths } from './generated/schema.ts';

/** Every operation of the API by method and path, as openapi-fetch offers it: it answers errors, and throws none. */
export type Api = Client<paths, 'application/json'>;

type Schemas = components['schemas'];

export type Run = Schemas['Run'];
export type ResultColumn = Schemas['RunResult']['columns'][number];

/** Sends one request. What it rejects with, the caller gets. */
export type Send = (request: Request) => Promise<Response>;

/** @param url up to and including `/api/v1` */
export const createApi = (url: string, send: Send): Api => createClient<paths>({ baseUrl: url, fetch: send });

/** One of the two that openapi-fetch answers with. */
interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/**
 * What the API answered: `const query = await dataOf(loupe.api.GET('/queries/{id}', …))`. Undefined where it answers
 * without a body. Throws LoupeApiError for a refusal.
 */
export async function dataOf<Data>(pending: Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await pending;
  if (!response.ok) throw apiError(response, error);
  return data as Data;
}
