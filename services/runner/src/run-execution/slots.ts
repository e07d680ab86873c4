import { controlSlotsPerSession, type RunPool } from '@loupe/common/models';

export interface SlotOptions {
  /** Runs that execute at once. */
  total: number;
  /** How many of them scheduled work may never take. */
  reserved: number;
}

/** Slots that scheduled work never takes: share of the total, at least one where there are two. 0 without interactive work. */
export function reservedSlots(total: number, share: number, pools: readonly RunPool[]): number {
  if (!pools.includes('interactive')) return 0;
  return Math.min(total - 1, Math.max(1, Math.floor(total * share)));
}

export type ReleaseSlot = () => void;

/** The runner's capacity; `control` has slots of its own beside it. A slot is held from before the claim until the source has confirmed that it stopped. */
export interface Slots {
  /** A slot if one is free for this pool now. */
  tryAcquire(pool: RunPool): ReleaseSlot | undefined;
  /** A slot as soon as one is free for this pool; interactive work goes first. Rejects when `signal` aborts. */
  acquire(pool: RunPool, signal: AbortSignal): Promise<ReleaseSlot>;
  /** How many more runs of this pool could start now. */
  free(pool: RunPool): number;
  /** Of one pool, or of all. */
  busy(pool?: RunPool): number;
  /** How many runs of this pool may execute at once. */
  most(pool: RunPool): number;
  /** Slots of all pools but `control`. */
  total: number;
}

export function createSlots({ total, reserved }: SlotOptions): Slots {
  const busy: Record<RunPool, number> = { interactive: 0, scheduled: 0, quarantine: 0, control: 0 };
  const waiters = createWaiters();

  const free = (pool: RunPool): number => {
    if (pool === 'control') return controlSlotsPerSession - busy.control;
    const others = busy.scheduled + busy.quarantine;
    const inAll = total - busy.interactive - others;
    return pool === 'interactive' ? inAll : Math.min(inAll, total - reserved - others);
  };

  function tryAcquire(pool: RunPool): ReleaseSlot | undefined {
    if (free(pool) <= 0) return undefined;
    busy[pool] += 1;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      busy[pool] -= 1;
      waiters.grantNext(tryAcquire);
    };
  }

  return {
    tryAcquire,
    async acquire(pool, signal) {
      signal.throwIfAborted();
      return tryAcquire(pool) ?? waiters.wait(pool, signal);
    },
    free,
    total,
    most(pool) {
      if (pool === 'control') return controlSlotsPerSession;
      return pool === 'interactive' ? total : total - reserved;
    },
    busy: (pool) =>
      pool === undefined ? Object.values(busy).reduce((sum, count) => sum + count, 0) : busy[pool],
  };
}

interface Waiter {
  pool: RunPool;
  grant: (release: ReleaseSlot) => void;
}

function createWaiters() {
  let waiting: Waiter[] = [];
  const leave = (waiter: Waiter): void => {
    waiting = waiting.filter((other) => other !== waiter);
  };
  return {
    wait: (pool: RunPool, signal: AbortSignal): Promise<ReleaseSlot> =>
      new Promise((resolve, reject) => {
        const waiter: Waiter = {
          pool,
          grant: (release) => {
            signal.removeEventListener('abort', giveUp);
            resolve(release);
          },
        };
        const giveUp = (): void => {
          leave(waiter);
          reject(signal.reason as Error);
        };
        waiting.push(waiter);
        signal.addEventListener('abort', giveUp, { once: true });
      }),
    /** Interactive work goes first; among equals, who came first. */
    grantNext(tryAcquire: (pool: RunPool) => ReleaseSlot | undefined): void {
      const inOrder = [...waiting].sort((a, b) => rank(a) - rank(b));
      for (const waiter of inOrder) {
        const release = tryAcquire(waiter.pool);
        if (release === undefined) continue;
        leave(waiter);
        waiter.grant(release);
        return;
      }
    },
  };
}

const rank = ({ pool }: Waiter): number => (pool === 'interactive' ? 0 : 1);
