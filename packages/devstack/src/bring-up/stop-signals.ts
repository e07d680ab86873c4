/** Ways in which a user or a system asks a foreground process to end. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * npm hands a Ctrl-C on to its child, who has received it from the terminal already: the second of the pair is no
 * second wish.
 */
const SAME_WISH_MS = 700;

/** Calls `first` for the first wish to stop and `again` for a later one. */
export function onStopSignals(first: () => void, again: () => void): void {
  let firstAt: number | undefined;
  const listen = (): void => {
    if (firstAt === undefined) {
      firstAt = Date.now();
      first();
    } else if (Date.now() - firstAt > SAME_WISH_MS) {
      again();
    }
  };
  for (const signal of SIGNALS) process.on(signal, listen);
}
