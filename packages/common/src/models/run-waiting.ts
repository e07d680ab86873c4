import {
  type ActiveGroup,
  createTally,
  type DefaultLimits,
  type LimitOverride,
  type LimitScope,
  limitsOf,
  type RunOwner,
} from './limits';
import { isFinal, type RunState } from './run-states';

/** Why a run does not execute yet. `queue`: nothing holds it back, others come first. */
export type WaitingReason =
  `${LimitScope}_limit` | 'breaker_open' | 'paused' | 'no_runner' | 'retry' | 'queue' | 'dispatched';

/** What an answer about a waiting run says of it. */
export interface RunWaiting {
  reason: WaitingReason;
  /**
   * Its place among the runs of the same person on the same datasource, which execute in this order: 1 is next. Counted up to
   * `furthestPosition`. Null when it has no place: it was admitted, or waits for its next try.
   */
  position: number | null;
  /** When it, or its datasource, is tried again; null when that is nothing it waits for. */
  retryAt: Date | null;
  message: string;
}

/** Beyond this, the exact place helps nobody and costs to count. */
export const furthestPosition = 1_000;

/** All that bears on a waiting run, at one moment by the database's clock. */
export interface WaitingFacts extends RunOwner {
  state: RunState;
  /** Waiting runs of the same person on the same datasource that come first. */
  ahead: number;
  /** When a run that failed is tried again. */
  runAt: Date | null;
  /** An open session serves its pool. */
  isServed: boolean;
  /** Active runs, as far as they share a limit with it. */
  active: readonly ActiveGroup[];
  overrides: readonly LimitOverride[];
  breaker: { openUntil: Date; isOpen: boolean } | null;
  pause: { scope: 'pool' | 'datasource'; reason: string } | null;
}

/** Why the run waits, by the rules by which dispatchers admit; undefined when it does not wait any more. */
export function explainWaiting(facts: WaitingFacts, defaults: DefaultLimits): RunWaiting | undefined {
  const { state, runAt, ahead } = facts;
  if (state === 'running' || isFinal(state)) return undefined;
  if (state === 'dispatched') return told('dispatched', 'A runner is about to start the run');
  if (state === 'retry_wait') {
    return { ...told('retry', 'The last attempt failed; the run is tried again'), retryAt: runAt };
  }
  return { ...holdUp(facts, defaults), position: Math.min(ahead + 1, furthestPosition) };
}

const told = (reason: WaitingReason, message: string): RunWaiting => ({
  ...{ reason, message },
  ...{ position: null, retryAt: null },
});

function holdUp(facts: WaitingFacts, defaults: DefaultLimits): RunWaiting {
  const { pause, breaker, isServed } = facts;
  if (pause !== null) return told('paused', `The run's ${pause.scope} is paused: ${pause.reason}`);
  if (breaker?.isOpen === true) {
    const message = 'The datasource keeps failing; its runs wait until it is tried again';
    return { ...told('breaker_open', message), retryAt: breaker.openUntil };
  }
  if (!isServed) return told('no_runner', 'No runner is there that takes runs of this kind');
  const blocked = blockedBy(facts, defaults);
  if (blocked === undefined) return told('queue', 'Other runs come first');
  if (blocked === 'datasource' && breaker !== null) {
    return told(
      'breaker_open',
      'The datasource kept failing; one run at a time tries whether it works again',
    );
  }
  return told(`${blocked}_limit`, `${limitSentences[blocked]} execute as may at once`);
}

function blockedBy(facts: WaitingFacts, defaults: DefaultLimits): LimitScope | undefined {
  const { breaker, datasourceId, active, overrides } = facts;
  const heldDatasources = breaker === null ? [] : [{ id: datasourceId, limit: 1 }];
  return createTally(active, limitsOf(defaults, { overrides, heldDatasources })).blockedBy(facts);
}

const limitSentences: Record<LimitScope, string> = {
  global: 'As many runs of all organizations',
  organization: 'As many runs of the organization',
  datasource: 'As many runs on the datasource',
  user: 'As many runs of the person who started it',
};
