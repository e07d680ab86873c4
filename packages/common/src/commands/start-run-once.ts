import { conflict } from '../errors';
import type { OrgScope, Run } from '../models';
import type { IdempotencyKeyRepository, RunRepository, Transaction } from '../repositories';
import type { Dispatcher } from './dispatch';
import { insertRun, startRun, type StartRun } from './start-run';

export interface OnceParts {
  runs: RunRepository;
  idempotencyKeys: IdempotencyKeyRepository;
  transaction: Transaction<{ runs: RunRepository; idempotencyKeys: IdempotencyKeyRepository }>;
  dispatcher: Pick<Dispatcher, 'dispatch'>;
}

/** What a client sent so that the same request, sent again, makes no second run. */
export interface Idempotency {
  actor: OrgScope & { userId: string };
  key: string;
  /** Hash of what is asked for. */
  bodyHash: Buffer;
}

export interface StartedRun {
  run: Run;
  /** An earlier request with the same key made it. */
  isReplay: boolean;
}

/** A client that tries for longer than this has given up. */
const lifetimeSeconds = 86_400;

/**
 * Starts a run, or resolves to the one that the same key and body made within the last day; another body throws
 * `conflict`. Key and run are committed together, so there is never one without the other.
 *
 * @param prepare is asked only when a run is to be made
 */
export async function startRunOnce(
  parts: OnceParts,
  idempotency: Idempotency | undefined,
  prepare: () => Promise<StartRun>,
): Promise<StartedRun> {
  if (idempotency === undefined) return { run: await startRun(parts, await prepare()), isReplay: false };
  const earlier = await runOfKey(parts, idempotency);
  if (earlier !== undefined) return { run: earlier, isReplay: true };
  const run = await insertWithKey(parts, idempotency, await prepare());
  if (run !== undefined) {
    parts.dispatcher.dispatch();
    return { run, isReplay: false };
  }
  const theirs = await runOfKey(parts, idempotency);
  // It ended between the two looks: as unlikely as a day that is over in a millisecond.
  if (theirs === undefined) throw conflict('The idempotency key was in use; send the request again');
  return { run: theirs, isReplay: true };
}

async function runOfKey(
  { runs, idempotencyKeys }: OnceParts,
  { actor, key, bodyHash }: Idempotency,
): Promise<Run | undefined> {
  const used = await idempotencyKeys.find(actor, { userId: actor.userId, key });
  if (used === undefined) return undefined;
  if (!used.bodyHash.equals(bodyHash)) {
    throw conflict('This idempotency key was used for another request; use a new one', {
      code: 'idempotency_key_reused',
    });
  }
  return runs.find(actor, used.runId);
}

/** Undefined when another request with the key was faster: then nothing was made here. */
async function insertWithKey(
  { transaction }: OnceParts,
  { actor, key, bodyHash }: Idempotency,
  request: StartRun,
): Promise<Run | undefined> {
  try {
    return await transaction(async ({ runs, idempotencyKeys }) => {
      const run = await insertRun(runs, request);
      const claim = { userId: actor.userId, key, bodyHash, runId: run.id, lifetimeSeconds };
      if (!(await idempotencyKeys.claim(actor, claim))) throw new KeyTaken();
      return run;
    });
  } catch (error) {
    if (error instanceof KeyTaken) return undefined;
    throw error;
  }
}

/** Takes the run back with its transaction. */
class KeyTaken extends Error {}
