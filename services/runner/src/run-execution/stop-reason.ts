/** Why a run that executes shall stop. It travels as the reason of an AbortSignal, so nobody reads message texts. */
export type StopCause = 'cancelled' | 'preempted' | 'session_lost';

export class StopReason extends Error {
  override readonly name = 'StopReason';
  readonly stopCause: StopCause;

  constructor(stopCause: StopCause) {
    super(`stopped: ${stopCause}`);
    this.stopCause = stopCause;
  }
}

/** The cause with which a signal was aborted, or undefined while it was not. */
export const stopCauseOf = (signal: AbortSignal): StopCause | undefined =>
  signal.aborted && signal.reason instanceof StopReason ? signal.reason.stopCause : undefined;
