import type { RunFailure } from '@loupe/common/repositories/engine';
import type { WrittenResult } from '@loupe/common/results';

/** How an attempt ended in the source. The database has the last word on what that makes of the run. */
export type AttemptOutcome = AttemptEnding & {
  /** True: its statement was to stop, and may go on in the source for all that is known. */
  isStopUnconfirmed?: boolean;
};

type AttemptEnding =
  | { kind: 'succeeded'; result: WrittenResult }
  /** `fault` is what no code of ours expected: for the log alone. */
  | { kind: 'failed'; failure: RunFailure; fault?: unknown }
  | { kind: 'timed_out'; message: string }
  /** The source has stopped, or can be reached no more. */
  | { kind: 'cancelled' }
  /** Stopped because this runner shuts down. */
  | { kind: 'preempted' }
  /** Stopped because the runner's session is gone: the run is somebody else's, nothing may be written. */
  | { kind: 'abandoned' };

/** What a user is told of a fault of ours. */
export const internalFailure: RunFailure = {
  errorClass: 'unknown',
  code: null,
  message: 'An internal error ended the run',
};
