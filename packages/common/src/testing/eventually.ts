import { setTimeout as delay } from 'node:timers/promises';

/**
 * Resolves with the first value that `probe` gives which is neither undefined nor false. For what happens in another
 * process or server, where there is no signal to wait for; rejects after `timeoutMs` with what was waited for.
 */
export async function eventually<T>(
  what: string,
  probe: () => T | Promise<T>,
  timeoutMs = 10_000,
): Promise<Exclude<T, undefined | false>> {
  const giveUpAt = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>;
    if (Date.now() > giveUpAt) throw new Error(`did not happen within ${timeoutMs} ms: ${what}`);
    await delay(20);
  }
}
