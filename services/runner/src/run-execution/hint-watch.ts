/** Seconds without a hint, while the poll finds work, after which the consumer counts as deaf. */
const deafAfterMs = 60_000;

/**
 * Notices a consumer that calls itself connected and hears nothing: then everything is found by the poll alone, late.
 * Only a restart helps, so it is for the liveness probe.
 */
export interface HintWatch {
  heard(): void;
  /** The poll claimed runs that no hint had brought, while Redis was ready. */
  missed(): void;
  isDeaf: () => boolean;
}

export function createHintWatch(now: () => number = () => performance.now()): HintWatch {
  let missedSince: number | undefined;
  return {
    heard: () => (missedSince = undefined),
    missed: () => (missedSince ??= now()),
    isDeaf: () => missedSince !== undefined && now() - missedSince > deafAfterMs,
  };
}
