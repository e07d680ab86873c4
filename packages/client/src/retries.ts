import type { Send } from './api.ts';
import { retryAfterOf } from './errors.ts';
import { pause } from './pause.ts';

export interface RetryRules {
  /** Further attempts after the first. Default 3. */
  retries?: number;
  /** Seconds; a server that asks for more patience is not asked again. Default 30. */
  longestWait?: number;
}

/** Refused before anything was done: too many requests, or a server without its database. */
const refusals = [429, 503];
const idempotent = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'];
const firstPauseMs = 250;

/**
 * Tries again what may be tried again: a refusal of a request that changes nothing when it comes twice, and a lost
 * connection where nothing was to be changed, or where an Idempotency-Key tells the server that it is the same request.
 */
export function withRetries(send: Send, rules: RetryRules = {}): Send {
  const { retries = 3, longestWait = 30 } = rules;
  return async (request) => {
    for (let attempt = 0; ; attempt += 1) {
      const backoffMs = firstPauseMs * 2 ** attempt;
      const last = attempt >= retries;
      // A body can be sent once only.
      const outcome = await send(last ? request : request.clone()).catch((error: unknown) => ({ error }));
      if ('error' in outcome) {
        if (last || request.signal.aborted || !survivesLoss(request)) throw outcome.error;
        await pause(backoffMs, request.signal);
        continue;
      }
      if (last || !refusals.includes(outcome.status) || !survivesRefusal(request)) return outcome;
      const seconds = retryAfterOf(outcome) ?? backoffMs / 1_000;
      if (seconds > longestWait) return outcome;
      // What is not read keeps its connection.
      await outcome.body?.cancel();
      await pause(seconds * 1_000, request.signal);
    }
  };
}

const hasKey = ({ headers }: Request): boolean => headers.has('idempotency-key');

const survivesRefusal = (request: Request): boolean => idempotent.includes(request.method) || hasKey(request);

const survivesLoss = (request: Request): boolean =>
  request.method === 'GET' || request.method === 'HEAD' || hasKey(request);
