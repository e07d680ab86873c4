import type { RunningProcess } from '../process/running-process';

/** Waits for both; if one fails, the other is stopped before the failure is passed on. */
export async function bothOrNone<A extends RunningProcess | string, B extends RunningProcess | string>(
  first: A | Promise<A>,
  second: B | Promise<B>,
): Promise<[A, B]> {
  const [a, b] = await Promise.allSettled([first, second]);
  if (a.status === 'fulfilled' && b.status === 'fulfilled') return [a.value, b.value];
  for (const outcome of [a, b]) {
    if (outcome.status === 'fulfilled' && typeof outcome.value !== 'string') await outcome.value.stop();
  }
  throw (a.status === 'rejected' ? a : (b as PromiseRejectedResult)).reason;
}
