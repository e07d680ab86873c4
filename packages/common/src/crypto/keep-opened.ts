import type { Opener } from './sealed-secrets';

export interface KeepOptions {
  /** Milliseconds that an opened secret is kept. */
  keepMs?: number;
  /** Most secrets kept; the oldest goes first. */
  most?: number;
}

/**
 * An opener that remembers for a moment what it has opened: a busy source's secret is asked for with every run, and opening
 * it costs more than a small query. It stays in memory no longer than a kept connection to the source, which needs it as well.
 * The sealed form is part of the key, so a changed secret is another one; what does not open is not remembered.
 */
export function keepOpened(opener: Opener, { keepMs = 10_000, most = 1_000 }: KeepOptions = {}): Opener {
  const kept = new Map<string, Promise<string>>();
  const forget = (key: string, opened: Promise<string>): void => {
    if (kept.get(key) === opened) kept.delete(key);
  };
  return {
    open(sealed, place) {
      const key = JSON.stringify([place.table, place.column, place.orgId, place.rowId, sealed]);
      const known = kept.get(key);
      if (known !== undefined) return known;
      const opened = opener.open(sealed, place);
      kept.set(key, opened);
      setTimeout(forget, keepMs, key, opened).unref();
      opened.catch(() => {
        forget(key, opened);
      });
      const [oldest] = kept.keys();
      if (kept.size > most && oldest !== undefined) kept.delete(oldest);
      return opened;
    },
  };
}
