/** States of a run. Live ones have a clock that ends them; a final one never changes again. */
export const liveStates = ['queued', 'dispatched', 'running', 'retry_wait'] as const;
export const finalStates = ['succeeded', 'failed', 'cancelled', 'timed_out', 'dead'] as const;

export type LiveState = (typeof liveStates)[number];
export type FinalState = (typeof finalStates)[number];
export type RunState = LiveState | FinalState;

/** What the REST contract (section 4.1) calls these states. */
export const runStatuses = ['queued', 'running', 'completed', 'failed', 'cancelled', 'timeout'] as const;
export type RunStatus = (typeof runStatuses)[number];

/**
 * The steps a run may take, as the database's keep_run() enforces them too; a test holds the two against each other.
 *
 * Retrying shows as `queued` on the wire, so that a client which stops at `failed` does not stop too early.
 */
export const transitions: Record<RunState, readonly RunState[]> = {
  queued: ['dispatched', 'cancelled', 'timed_out'],
  dispatched: ['queued', 'running', 'cancelled', 'timed_out'],
  running: ['succeeded', 'failed', 'retry_wait', 'dead', 'cancelled', 'timed_out', 'queued'],
  retry_wait: ['queued', 'cancelled', 'timed_out'],
  succeeded: [],
  failed: [],
  cancelled: [],
  timed_out: [],
  dead: [],
};

export const isFinal = (state: RunState): state is FinalState =>
  (finalStates as readonly RunState[]).includes(state);

const statusOfState: Record<RunState, RunStatus> = {
  queued: 'queued',
  dispatched: 'queued',
  retry_wait: 'queued',
  running: 'running',
  succeeded: 'completed',
  failed: 'failed',
  dead: 'failed',
  cancelled: 'cancelled',
  timed_out: 'timeout',
};

export const statusOf = (state: RunState): RunStatus => statusOfState[state];

/** The states behind one status of the REST contract, for filters. */
export const statesOf = (status: RunStatus): RunState[] =>
  (Object.keys(statusOfState) as RunState[]).filter((state) => statusOfState[state] === status);
