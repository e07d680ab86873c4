import { ConnectorError } from '../connector-error';

/**
 * Why a statement is stopped before its end. `cut`: there are enough rows. `failed`: something else went wrong
 * here (a limit, the sink).
 */
export type HaltCause =
  | { kind: 'cancelled'; reason: unknown }
  | { kind: 'timeout'; seconds: number }
  | { kind: 'cut' }
  | { kind: 'failed'; error: unknown };

/**
 * The one flag of an execution that says it shall stop, and why; the first cause wins. Cancelled, timed out and
 * lost are told apart by it alone, never by what the server said when it was stopped.
 */
export class Halt {
  cause: HaltCause | undefined;
  /** Until somebody knows better. */
  isConfirmed = true;
  private readonly listeners: (() => void)[] = [];
  private readonly timer: NodeJS.Timeout;
  private readonly onAbort = (): void => this.stop({ kind: 'cancelled', reason: this.signal.reason });

  constructor(
    private readonly signal: AbortSignal,
    private readonly timeoutSeconds: number,
  ) {
    this.timer = setTimeout(() => {
      this.stop({ kind: 'timeout', seconds: timeoutSeconds });
    }, timeoutSeconds * 1_000);
    signal.addEventListener('abort', this.onAbort);
    if (signal.aborted) this.onAbort();
  }

  /** Called at once when the flag is set already. */
  onStop(listener: () => void): void {
    if (this.cause) listener();
    else this.listeners.push(listener);
  }

  stop(cause: HaltCause): void {
    if (this.cause) return;
    this.cause = cause;
    this.listeners.forEach((listener) => listener());
  }

  /** The server's own clock may be a moment ahead of ours. */
  timedOut(): void {
    this.stop({ kind: 'timeout', seconds: this.timeoutSeconds });
  }

  /** What the execution fails with because of the flag, if it does. */
  throwIfStopped(): void {
    if (!this.cause || this.cause.kind === 'cut') return;
    throw haltError(this.cause, this.isConfirmed);
  }

  /** Releases the timer and the signal. */
  end(): void {
    clearTimeout(this.timer);
    this.signal.removeEventListener('abort', this.onAbort);
  }
}

/** What a session or a statement fails with when the caller's signal aborts. */
export const cancelledError = (reason: unknown, isStopConfirmed = true): ConnectorError =>
  new ConnectorError('cancelled', 'The statement was stopped', { cause: reason, isStopConfirmed });

function haltError(cause: Exclude<HaltCause, { kind: 'cut' }>, isStopConfirmed: boolean): unknown {
  if (cause.kind === 'failed') return cause.error;
  if (cause.kind === 'cancelled') return cancelledError(cause.reason, isStopConfirmed);
  const text = `The statement took longer than ${cause.seconds} s and was stopped`;
  return new ConnectorError('timeout', text, { isStopConfirmed });
}
