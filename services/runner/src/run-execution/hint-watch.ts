/** Milliseconds of finding work by the poll alone after which the consumer counts as deaf. */
const deafAfterMs = 60_000;
/** Hints that were lost further apart than this are accidents of their own. */
const sameSilenceMs = 60_000;

/**
 * Notices a consumer that calls itself connected and hears nothing: then everything is found by the poll alone, late.
 * Only a restart helps, so it is for the liveness probe. Where there is no work to hear of, nobody is deaf.
 */
export interface HintWatch {
  heard(): void;
  /** The poll claimed runs that no hint had brought, while Redis was ready. */
  missed(): void;
  isDeaf: () => boolean;
}

export function createHintWatch(now: () => number = () => performance.now()): HintWatch {
  let silence: { since: number; last: number } | undefined;
  return {
    heard: () => (silence = undefined),
    missed() {
      const at = now();
      const goesOn = silence !== undefined && at - silence.last <= sameSilenceMs;
      silence = { since: goesOn && silence !== undefined ? silence.since : at, last: at };
    },
    isDeaf: () => silence !== undefined && silence.last - silence.since > deafAfterMs,
  };
}
