import { eventually } from '@loupe/common/testing';
import type { Customer } from './customer';
import { elapse } from './gates';
import { impoliteness, type Load } from './load';
import type { Random } from './seeded-random';

/** A run that somebody wants exactly once, however often it has to be asked for. */
export interface Wish {
  key: string;
  customer: Customer;
  sql: string;
  isCancelled: boolean;
  /** Seconds that its client waits before it asks. */
  pause: number;
}

export interface Granted {
  wish: Wish;
  id: string;
}

export interface PersistentClients {
  /** Those that were answered so far. */
  granted: Granted[];
  /** Requests whose answer never came. */
  lostAnswers: number;
  /** Of the requests that were sent again, those that turned out to have been served. */
  replays: number;
  /** Resolves when all wishes are granted. */
  done: Promise<void>;
}

const clients = 30;
const cancelShare = 0.05;
const longestStatement = 1.2;
/** Far beyond what any of it may last: whatever is late shall be seen, and not be cut off by its own limit. */
const choices = { timeout_seconds: 300 };
/** A client that was refused or heard nothing waits a moment, as any good one does. */
const pauseAfterFailure = 0.3;
const patienceMs = 120_000;

/** Everything that is left to chance, drawn in one go, so that a seed repeats it however the clients interleave. */
export function drawWishes(count: number, customers: readonly Customer[], random: Random): Wish[] {
  return Array.from({ length: count }, (_, n) => ({
    key: `wish-${n}`,
    customer: customers[Math.floor(random() * customers.length)] as Customer,
    sql: `SELECT linger(${(random() * longestStatement).toFixed(3)}) + ${n}`,
    isCancelled: random() < cancelShare,
    pause: 2 * random(),
  }));
}

/** Many clients, each of which has its wishes granted one after the other and repeats a request until it is answered. */
export function startClients(wishes: readonly Wish[], load: Load): PersistentClients {
  const state: Omit<PersistentClients, 'done'> = { granted: [], lostAnswers: 0, replays: 0 };
  const one = async (client: number): Promise<void> => {
    for (const wish of wishes.filter((_, n) => n % clients === client)) {
      await elapse(wish.pause);
      await grant(wish, state, load);
    }
  };
  const all = Promise.all(Array.from({ length: clients }, (_, client) => one(client)));
  return Object.assign(state, { done: all.then(() => undefined) });
}

async function grant(wish: Wish, state: Omit<PersistentClients, 'done'>, load: Load): Promise<void> {
  const id = await eventually(`${wish.key} is granted`, () => ask(wish, state, load), patienceMs);
  state.granted.push({ wish, id });
  load.acknowledged.push(id);
  if (!wish.isCancelled) return;
  const answer = await wish.customer.cancel(id).catch(() => undefined);
  if (answer?.status === 200) load.cancelled.push(id);
}

/** The run's id once it is told. */
async function ask(
  { customer, key, sql }: Wish,
  state: Omit<PersistentClients, 'done'>,
  load: Load,
): Promise<string | undefined> {
  const answer = await customer.executeOnce(key, sql, choices).catch(() => undefined);
  if (answer?.status === 201) {
    if (answer.isReplay) state.replays += 1;
    return answer.body.id as string;
  }
  if (answer === undefined) state.lostAnswers += 1;
  else load.impolite.push(...impoliteness(answer));
  await elapse(pauseAfterFailure);
  return undefined;
}

/** Asks for everything once more, and says what did not lead to the same run. */
export async function askAgain(granted: readonly Granted[]): Promise<string[]> {
  const wrong: string[] = [];
  const one = async (client: number): Promise<void> => {
    for (const { wish, id } of granted.filter((_, n) => n % clients === client)) {
      const { status, isReplay, body } = await wish.customer.executeOnce(wish.key, wish.sql, choices);
      const { id: now } = body;
      if (status !== 201 || !isReplay || now !== id)
        wrong.push(`${wish.key}: ${status}, ${String(now)}, not ${id}`);
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, client) => one(client)));
  return wrong;
}
