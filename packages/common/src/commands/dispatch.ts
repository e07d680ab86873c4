import { setTimeout as delay } from 'node:timers/promises';
import { createTally, type DefaultLimits, limitsOf } from '../models';
import type { HintProducer } from '../queues';
import {
  type Admission,
  type AdmissionRepository,
  type AdmissionSource,
  createAdmissions,
} from '../repositories/engine';
import { looksFor, selectFromPools } from './dispatch/round';

export interface DispatcherOptions {
  /** Under the engine's role: it sees all organizations. */
  db: AdmissionSource;
  /** Absent without Redis: runners then find admitted runs by polling. */
  hints: HintProducer | undefined;
  limits: DefaultLimits;
  /** Units: seconds, runs. */
  onTick?: (seconds: number, admitted: number) => void;
  onError?: (error: unknown) => void;
}

/** Admits queued runs to the runners, within limits. Any process may; the rows alone say what is admitted. */
export interface Dispatcher {
  /** Sees to it that a tick begins after this call. Returns at once; calls while one is pending are one. */
  dispatch: () => void;
  /** One tick; resolves to what it admitted, or undefined when another process was at it. */
  tick(): Promise<Admission[] | undefined>;
  close: () => Promise<void>;
}

/** Pauses before looking again while another process admits: the first about as long as a tick takes. */
const busyDelayMs = { first: 3, longest: 20 };

/**
 * While calls keep coming, a process ticks at most this part of the time: the next tick then admits for all calls that came
 * meanwhile, for the price of one. A call after a rest is served at once.
 */
const busyShare = 1 / 3;
/** However long a tick took. */
const longestRestMs = 50;

export function createDispatcher(options: DispatcherOptions): Dispatcher {
  let inFlight: Promise<void> | undefined;
  let pending = false;
  let closed = false;
  let restUntil = -Infinity;

  async function tick(): Promise<Admission[] | undefined> {
    const began = performance.now();
    const admitted = await createAdmissions(options.db).transaction((repository) =>
      admit(repository, options.limits),
    );
    const took = performance.now() - began;
    restUntil = performance.now() + Math.min(took / busyShare - took, longestRestMs);
    options.onTick?.(took / 1_000, admitted?.length ?? 0);
    // After the commit, so that nobody hears of an admission that did not happen; a failure costs a few seconds.
    if (admitted !== undefined && admitted.length > 0) void options.hints?.push(admitted);
    return admitted;
  }

  async function work(): Promise<void> {
    let busyDelay = busyDelayMs.first;
    while (pending && !closed) {
      await rest(restUntil - performance.now());
      pending = false;
      try {
        if ((await tick()) === undefined) {
          pending = true;
          restUntil = performance.now() + busyDelay;
          busyDelay = Math.min(busyDelay * 2, busyDelayMs.longest);
        }
      } catch (error) {
        // The scheduler's next tick admits what this one should have.
        options.onError?.(error);
      }
    }
    // In the same breath as the last look at `pending`: a call that comes right after it starts anew.
    inFlight = undefined;
  }

  return {
    dispatch() {
      pending = true;
      inFlight ??= work();
    },
    tick,
    async close() {
      closed = true;
      await inFlight;
    },
  };
}

/** A timer is never early, but may be late by a millisecond: not worth it for less. */
const rest = (milliseconds: number): Promise<void> | undefined =>
  milliseconds < 1 ? undefined : delay(milliseconds);

/** One tick inside its transaction: whoever holds the mutex decides. */
async function admit(
  repository: AdmissionRepository,
  defaults: DefaultLimits,
): Promise<Admission[] | undefined> {
  const glance = await repository.enter();
  if (glance === undefined) return undefined;
  if (!glance.isWaiting) {
    // Nobody's clock is compared now, but whoever makes the next run asks what the last ones took.
    if (glance.isUnsettled) await repository.settle();
    return [];
  }
  const view = await repository.look(glance);
  const tally = createTally(view.active, limitsOf(defaults, view));
  const waiting = await repository.waiting(looksFor(view, tally));
  const selections = selectFromPools(view, waiting, tally);
  const cursors = [...waiting.values()].flatMap((ofPool) => ofPool.cursors);
  const [admitted] = await Promise.all([
    selections.size === 0 ? [] : repository.admit(selections),
    cursors.length === 0 ? undefined : repository.moveCursors(cursors),
  ]);
  return admitted;
}
