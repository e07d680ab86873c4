import { setTimeout as delay } from 'node:timers/promises';
import { activeCounts, admissionBudget, capacityOf, dispatchedPools, selectRuns } from '../models';
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
  limits: {
    /** Active runs of one organization. */
    perOrg: number;
    /** Active runs in all. */
    global: number;
  };
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

/** Pause before looking again while another process admits. */
const busyDelayMs = 20;

export function createDispatcher(options: DispatcherOptions): Dispatcher {
  let inFlight: Promise<void> | undefined;
  let pending = false;
  let closed = false;

  async function tick(): Promise<Admission[] | undefined> {
    const began = performance.now();
    const admitted = await createAdmissions(options.db).transaction((repository) =>
      admit(repository, options.limits),
    );
    options.onTick?.((performance.now() - began) / 1_000, admitted?.length ?? 0);
    // After the commit, so that nobody hears of an admission that did not happen; a failure costs a few seconds.
    if (admitted !== undefined && admitted.length > 0) void options.hints?.push(admitted);
    return admitted;
  }

  async function work(): Promise<void> {
    while (pending && !closed) {
      pending = false;
      try {
        if ((await tick()) === undefined) {
          pending = true;
          await delay(busyDelayMs);
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

/** One tick inside its transaction: whoever holds the mutex decides. */
async function admit(
  repository: AdmissionRepository,
  limits: DispatcherOptions['limits'],
): Promise<Admission[] | undefined> {
  const view = await repository.look({ pools: dispatchedPools, perOrg: limits.perOrg });
  if (view === undefined) return undefined;
  const selected = selectFromPools(view, limits);
  return selected.length === 0 ? [] : repository.admit(selected);
}

/** Pool by pool; what one has been given counts for the limits of the next. */
function selectFromPools(
  { snapshot, candidates }: AdmissionView,
  limits: DispatcherOptions['limits'],
): string[] {
  const active = [...snapshot.active];
  const selected: string[] = [];
  for (const pool of dispatchedPools) {
    const seen = { ...snapshot, active };
    const budget = admissionBudget(capacityOf(pool, seen));
    const waiting = candidates.filter((candidate) => candidate.pool === pool);
    const chosen = selectRuns(waiting, activeCounts(seen), { budget, ...limits });
    active.push(...chosen.map(({ orgId }) => ({ pool, orgId, count: 1 })));
    selected.push(...chosen.map(({ runId }) => runId));
  }
  return selected;
}
