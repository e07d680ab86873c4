import { setTimeout as delay } from 'node:timers/promises';
import { createTally, type DefaultLimits, limitsOf } from '../models';
import type { HintProducer } from '../queues';
import {
  type Admission,
  type AdmissionRepository,
  type AdmissionSource,
  type Admitted,
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
  /** The same after a run has ended, which has made room: a tick begins if some run waits for it. */
  madeRoom: () => void;
  /** One tick; resolves to what it admitted, or undefined when another process was at it. */
  tick(): Promise<Admission[] | undefined>;
  close: () => Promise<void>;
}

/** Pauses before looking again while another process admits: the first about as long as a tick takes here. */
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
  let pending: 'no' | 'if waiting' | 'yes' = 'no';
  let closed = false;
  const pace = createPace();
  const admissions = createAdmissions(options.db);
  const tick = (isAsked = false): ReturnType<Dispatcher['tick']> => tickOnce(options, { pace, isAsked });

  async function work(): Promise<void> {
    while (pending !== 'no' && !closed) {
      await pace.rest();
      const isSure = pending === 'yes';
      pending = 'no';
      try {
        if (!isSure && !(await admissions.isWaiting())) continue;
        // Whoever was at it may have admitted all that waited.
        if ((await tick(isSure)) === undefined) pending = 'if waiting';
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
      pending = 'yes';
      inFlight ??= work();
    },
    madeRoom() {
      if (pending === 'no') pending = 'if waiting';
      inFlight ??= work();
    },
    tick: () => tick(),
    async close() {
      closed = true;
      await inFlight;
    },
  };
}

async function tickOnce(
  { db, limits, hints, onTick }: DispatcherOptions,
  { pace, isAsked }: { pace: Pace; isAsked: boolean },
): ReturnType<Dispatcher['tick']> {
  const began = performance.now();
  const admitted = await createAdmissions(db).transaction((repository) => admit(repository, limits, isAsked));
  const took = performance.now() - began;
  if (admitted === undefined) pace.wasBusy();
  else pace.ticked(took);
  onTick?.(took / 1_000, admitted?.length ?? 0);
  // After the commit, so that nobody hears of an admission that did not happen; a failure costs a few seconds.
  if (admitted !== undefined && admitted.length > 0) void hints?.push(admitted);
  return admitted;
}

type Pace = ReturnType<typeof createPace>;

/** When a process may tick again. */
function createPace() {
  let restUntil = -Infinity;
  let firstDelay = busyDelayMs.first;
  let busyDelay = firstDelay;
  return {
    ticked(milliseconds: number) {
      restUntil = performance.now() + Math.min(milliseconds / busyShare - milliseconds, longestRestMs);
      firstDelay = Math.min(Math.max(milliseconds, busyDelayMs.first), busyDelayMs.longest);
      busyDelay = firstDelay;
    },
    /** Another process was at it. */
    wasBusy() {
      restUntil = performance.now() + busyDelay;
      busyDelay = Math.min(busyDelay * 2, busyDelayMs.longest);
    },
    /** A timer may be late by a millisecond: not worth it for less. */
    rest(): Promise<void> | undefined {
      const milliseconds = restUntil - performance.now();
      return milliseconds < 1 ? undefined : delay(milliseconds);
    },
  };
}

/**
 * One tick inside its transaction: whoever holds the mutex decides.
 *
 * @param isAsked by whoever has just made a run: it looks at once, without waiting for what a glance says
 */
async function admit(
  repository: AdmissionRepository,
  defaults: DefaultLimits,
  isAsked: boolean,
): Promise<Admitted | Admission[] | undefined> {
  const [glance, early] = await Promise.all([repository.enter(), isAsked ? repository.look() : undefined]);
  if (glance === undefined) return undefined;
  if (glance.waitingPools.length === 0) {
    // Nobody's clock is compared now, but whoever makes the next run asks what the last ones took.
    if (glance.isUnsettled && !isAsked) await repository.settle();
    return [];
  }
  const view = early ?? (await repository.look());
  if (view === undefined) return undefined;
  const tally = createTally(view.active, limitsOf(defaults, view));
  const looks = looksFor(view, tally).filter(({ pool }) => glance.waitingPools.includes(pool));
  const waiting = await repository.waiting(looks);
  const selections = selectFromPools(view, waiting, tally);
  const cursors = [...waiting.values()].flatMap((ofPool) => ofPool.cursors);
  return repository.admit(selections, cursors);
}
