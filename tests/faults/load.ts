import type { Answer, Customer } from './customer';
import type { Random } from './seeded-random';

/** What customers asked of Loupe while it was being hurt, and what they were told. */
export interface Load {
  /** Runs whose creation was answered. */
  acknowledged: string[];
  /** Runs whose cancellation was accepted. */
  cancelled: string[];
  /** Each answer to a POST of a run, and when (milliseconds since the epoch). */
  answers: { status: number; ms: number; at: number }[];
  /** Refusals that are not what the REST contract promises. */
  impolite: string[];
  /** Resolves when every request is answered. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  /** The first one starts `bigShare` of all runs. */
  customers: readonly Customer[];
  random: Random;
}

const runsPerSecond = 20;
const bigShare = 0.6;
const cancelShare = 0.05;
const longestRows = 100_000;
/** More are not started while so many wait for an answer: a frozen Loupe must not meet a wall of requests afterwards. */
const mostInFlight = 200;

export function startLoad({ customers, random }: LoadOptions): Load {
  const inFlight = new Set<Promise<void>>();
  const load: Omit<Load, 'stop'> = { acknowledged: [], cancelled: [], answers: [], impolite: [] };
  const timer = setInterval(() => {
    if (inFlight.size >= mostInFlight) return;
    const others = customers.slice(1);
    const isBig = random() < bigShare || others.length === 0;
    const customer = (isBig ? customers[0] : others[Math.floor(random() * others.length)]) as Customer;
    const choices = { rows: Math.ceil(random() * longestRows), isCancelled: random() < cancelShare };
    // Without an answer nothing was promised: the processes may be away.
    const one = startOne(load, customer, choices).catch(() => undefined);
    inFlight.add(one);
    void one.finally(() => inFlight.delete(one));
  }, 1_000 / runsPerSecond);
  return {
    ...load,
    async stop() {
      clearInterval(timer);
      await Promise.all(inFlight);
    },
  };
}

async function startOne(
  load: Omit<Load, 'stop'>,
  customer: Customer,
  { rows, isCancelled }: { rows: number; isCancelled: boolean },
): Promise<void> {
  const began = performance.now();
  const answer = await customer.execute(`SELECT count(*) FROM generate_series(1, ${rows})`);
  load.answers.push({ status: answer.status, ms: performance.now() - began, at: Date.now() });
  if (answer.status !== 201) return void load.impolite.push(...impoliteness(answer));
  const id = answer.body.id as string;
  load.acknowledged.push(id);
  if (isCancelled && (await customer.cancel(id)).status < 300) load.cancelled.push(id);
}

const away = 'The database does not answer; try again shortly';

/** What is wrong with a refusal: one that is meant is a 503 of the contract's shape that tells nothing of our inside. */
export function impoliteness({ status, type, body }: Answer): string[] {
  const { message, details, error } = body as Record<string, Record<string, unknown> | undefined>;
  const isPolite =
    status === 503 &&
    type?.includes('application/json') === true &&
    body.message === away &&
    error?.type === 'service_unavailable' &&
    error.message === message &&
    typeof details?.error_id === 'string' &&
    Object.keys(body).sort().join() === 'details,error,message';
  return isPolite ? [] : [`${status} ${JSON.stringify(body)}`];
}
