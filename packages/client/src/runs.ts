import { type Api, dataOf, type Run } from './api.ts';
import { LoupeRunError } from './errors.ts';
import type { components } from './generated/schema.ts';
import { pause } from './pause.ts';

export interface WaitOptions {
  /** Ends the waiting; with `AbortSignal.timeout(…)` after a while. */
  signal?: AbortSignal;
}

export interface RunOptions extends WaitOptions {
  /** Also cancels the run when the signal is aborted, as far as the server lets the caller. Default false. */
  cancelOnAbort?: boolean;
  /** Made up unless given. The same key with the same request starts no second run. */
  idempotencyKey?: string;
}

interface StartInit {
  headers: Record<string, string>;
  signal?: AbortSignal;
}

export type StartRun = (init: StartInit) => Promise<Run>;

const finalStatuses: readonly string[] = ['completed', 'failed', 'cancelled', 'timeout'];

/** A server that can answers when the run ends, or after so many seconds (RFC 7240). */
const preference = { Prefer: 'wait=20' };
const shortestPauseMs = 100;
const longestPauseMs = 2_000;

/** Starts a run and waits for its end. Throws LoupeRunError if it ends without a result. */
export async function runToEnd(api: Api, start: StartRun, options: RunOptions = {}): Promise<Run> {
  const { signal, cancelOnAbort = false, idempotencyKey = newIdempotencyKey() } = options;
  const headers = { 'Idempotency-Key': idempotencyKey };
  signal?.throwIfAborted();
  let id: string | undefined;
  try {
    const run = await start({ headers: { ...headers, ...preference }, ...(signal && { signal }) });
    id = run.id;
    return await waitForEnd(api, run, options);
  } catch (error) {
    if (cancelOnAbort && signal?.aborted === true && !(error instanceof LoupeRunError)) {
      // Without an answer so far, the key tells which run it is.
      await cancel(api, async () => id ?? (await start({ headers })).id);
    }
    throw error;
  }
}

/** Throws LoupeRunError if it ends without a result. */
export async function waitForEnd(api: Api, run: Run, { signal }: WaitOptions = {}): Promise<Run> {
  let pauseMs = shortestPauseMs;
  let now = run;
  while (!finalStatuses.includes(now.status)) {
    const asked = await look(api, run.id, signal);
    now = asked.run;
    if (finalStatuses.includes(now.status)) break;
    pauseMs = asked.waited ? shortestPauseMs : Math.min(pauseMs * 1.5, longestPauseMs);
    await pause(pauseMs, signal);
  }
  if (now.status !== 'completed') throw new LoupeRunError(now);
  return now;
}

/** The run, and whether the server waited for its end as long as it was asked to. */
export async function look(
  api: Api,
  id: string,
  signal: AbortSignal | undefined,
): Promise<{ run: components['schemas']['ExplainedRun']; waited: boolean }> {
  const init = { params: { path: { id } }, headers: preference };
  const answer = await api.GET('/runs/{id}', { ...init, ...(signal && { signal }) });
  const run = await dataOf(Promise.resolve(answer));
  return { run, waited: answer.response.headers.has('preference-applied') };
}

/** What cannot be cancelled any more, or not by this caller, goes on. */
async function cancel(api: Api, idOf: () => Promise<string>): Promise<void> {
  try {
    await api.POST('/runs/{id}/cancel', { params: { path: { id: await idOf() } } });
  } catch {
    // The caller is told why it stopped waiting, which matters more than that the server could not be reached.
  }
}

/** Not crypto.randomUUID: pages that came without TLS have none. */
const newIdempotencyKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );
