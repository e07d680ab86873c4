import { type StopCause, StopReason } from './stop-reason';

/** How long a cancellation is remembered for a run that is not here yet: it may overtake the answer to the claim. */
const rememberMs = 30_000;

/** The runs that this process executes, and the way to stop one. */
export interface ExecutingRuns {
  /** The signal that stops the run. `done` takes it off the list. */
  add(runId: string): { signal: AbortSignal; done: () => void };
  /** Stops a run; if it is not here, the stop is kept for it for a while. */
  cancel(runId: string): void;
  stopAll(cause: StopCause): void;
  size(): number;
  /** Resolves when none is left. */
  whenEmpty(): Promise<void>;
}

export function createExecutingRuns(now: () => number = Date.now): ExecutingRuns {
  const controllers = new Map<string, AbortController>();
  const early = new Map<string, number>();
  let emptied: (() => void)[] = [];

  const forgetOld = (): void => {
    for (const [runId, at] of early) if (now() - at > rememberMs) early.delete(runId);
  };

  return {
    add(runId) {
      const controller = new AbortController();
      controllers.set(runId, controller);
      if (early.delete(runId)) controller.abort(new StopReason('cancelled'));
      const done = (): void => {
        controllers.delete(runId);
        if (controllers.size > 0) return;
        for (const resolve of emptied) resolve();
        emptied = [];
      };
      return { signal: controller.signal, done };
    },
    cancel(runId) {
      forgetOld();
      const controller = controllers.get(runId);
      if (controller === undefined) early.set(runId, now());
      else controller.abort(new StopReason('cancelled'));
    },
    stopAll(cause) {
      for (const controller of controllers.values()) controller.abort(new StopReason(cause));
    },
    size: () => controllers.size,
    whenEmpty: () =>
      controllers.size === 0 ? Promise.resolve() : new Promise((resolve) => emptied.push(() => resolve())),
  };
}
