export {
  createLoupeClient,
  signIn,
  type ClientOptions,
  type LoupeClient,
  type SignInOptions,
} from './client.ts';
export { dataOf, type Api, type ResultColumn, type Run, type Send } from './api.ts';
export { LoupeApiError, LoupeRunError } from './errors.ts';
export type { CredentialOptions, Tokens } from './credentials.ts';
export type { components, operations, paths } from './generated/schema.ts';
export type { ItemOf, ListOptions, ListPath } from './lists.ts';
export type { Row, StreamedResult } from './results.ts';
export type { RetryRules } from './retries.ts';
export type { RunOptions, WaitOptions } from './runs.ts';
