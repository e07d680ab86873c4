import { setTimeout as delay } from 'node:timers/promises';
import {
  admissionBudget,
  capacityOf,
  createTally,
  type DefaultLimits,
  fairPools,
  type FairSelection,
  limitsOf,
  type RunPool,
  selectControl,
  selectFairly,
} from '../models';
import type { HintProducer } from '../queues';
import {
  type Admission,
  type AdmissionRepository,
  type AdmissionSource,
  type AdmissionView,
  createAdmissions,
} from '../repositories/engine';

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
  let pending: 'no' | 'if waiting' | 'yes' = 'no';
  let closed = false;
  const pace = createPace();
  const admissions = createAdmissions(options.db);
  const tick = (): ReturnType<Dispatcher['tick']> => tickOnce(options, pace);

  async function work(): Promise<void> {
    while (pending !== 'no' && !closed) {
      await pace.rest();
      const isSure = pending === 'yes';
      pending = 'no';
      try {
        if (!isSure && !(await admissions.isWaiting())) continue;
        // Whoever was at it may have admitted all that waited.
        if ((await tick()) === undefined) pending = 'if waiting';
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
    tick,
    async close() {
      closed = true;
      await inFlight;
    },
  };
}

async function tickOnce(
  { db, limits, hints, onTick }: DispatcherOptions,
  pace: Pace,
): ReturnType<Dispatcher['tick']> {
  const began = performance.now();
  const admitted = await createAdmissions(db).transaction((repository) => admit(repository, limits));
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
  let busyDelay = busyDelayMs.first;
  return {
    ticked(milliseconds: number) {
      restUntil = performance.now() + Math.min(milliseconds / busyShare - milliseconds, longestRestMs);
      busyDelay = busyDelayMs.first;
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

/** One tick inside its transaction: whoever holds the mutex decides. */
async function admit(
  repository: AdmissionRepository,
  { perOrg, interactiveShare, ...rest }: DefaultLimits,
): Promise<Admission[] | undefined> {
  const glance = await repository.enter();
  if (glance === undefined) return undefined;
  if (!glance.isWaiting) {
    // Nobody's clock is compared now, but whoever makes the next run asks what the last ones took.
    if (glance.isUnsettled) await repository.settle();
    return [];
  }
  const view = await repository.look({ pools: [...fairPools, 'control'], perOrg, interactiveShare });
  const selections = selectFromPools(view, { perOrg, interactiveShare, ...rest });
  const [admitted] = await Promise.all([
    selections.size === 0 ? [] : repository.admit(selections),
    view.waiting.cursors.length === 0 ? undefined : repository.moveCursors(view.waiting.cursors),
  ]);
  return admitted;
}

/** Pool by pool; what one has been given counts for the budgets and limits of the next. */
function selectFromPools(view: AdmissionView, defaults: DefaultLimits): Map<RunPool, FairSelection> {
  const active = [...view.active];
  const tally = createTally(active, limitsOf(defaults, view));
  const clocks = new Map(view.clocks.map(({ pool, vtime }) => [pool, vtime]));
  const selections = new Map<RunPool, FairSelection>();
  const keep = (pool: RunPool, selection: FairSelection): void => {
    if (selection.admitted.length === 0) return;
    selections.set(pool, selection);
    active.push(...selection.admitted.map((run) => ({ ...run, count: 1 })));
  };
  keep('control', selectControl(view.waiting.pools.get('control') ?? [], view));
  for (const pool of fairPools) {
    if (view.pausedPools.includes(pool)) continue;
    const budget = admissionBudget(capacityOf(pool, { ...view, active }));
    const orgs = view.waiting.pools.get(pool) ?? [];
    keep(pool, selectFairly({ budget, virtualTime: clocks.get(pool) ?? 0, orgs }, tally));
  }
  return selections;
}
