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
  has(runId: string): boolean;
  size(): number;
  /** Resolves when none is left. */
  whenEmpty(): Promise<void>;
}

interface Execution {
  runId: string;
  controller: AbortController;
}

export function createExecutingRuns(now: () => number = Date.now): ExecutingRuns {
  // Not by run: after a session was lost, the same run may be claimed again before its older attempt has stopped.
  const executions = new Set<Execution>();
  const early = new Map<string, number>();
  let emptied: (() => void)[] = [];

  const forgetOld = (): void => {
    for (const [runId, at] of early) if (now() - at > rememberMs) early.delete(runId);
  };

  return {
    add(runId) {
      const execution = { runId, controller: new AbortController() };
      executions.add(execution);
      forgetOld();
      if (early.delete(runId)) execution.controller.abort(new StopReason('cancelled'));
      const done = (): void => {
        executions.delete(execution);
        if (executions.size > 0) return;
        for (const resolve of emptied) resolve();
        emptied = [];
      };
      return { signal: execution.controller.signal, done };
    },
    cancel(runId) {
      forgetOld();
      const meant = [...executions].filter((execution) => execution.runId === runId);
      if (meant.length === 0) early.set(runId, now());
      for (const { controller } of meant) controller.abort(new StopReason('cancelled'));
    },
    stopAll(cause) {
      for (const { controller } of executions) controller.abort(new StopReason(cause));
    },
    has: (runId) => [...executions].some((execution) => execution.runId === runId),
    size: () => executions.size,
    whenEmpty: () =>
      executions.size === 0 ? Promise.resolve() : new Promise((resolve) => emptied.push(() => resolve())),
  };
}
