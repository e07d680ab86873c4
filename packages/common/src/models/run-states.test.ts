import {
  finalStates,
  isFinal,
  liveStates,
  type RunState,
  runStatuses,
  statesOf,
  statusOf,
  transitions,
} from './run-states';

const states: readonly RunState[] = [...liveStates, ...finalStates];

describe('the state machine', () => {
  it('knows every state, and each is live or final', () => {
    expect(Object.keys(transitions).sort()).toEqual([...states].sort());
    expect(states.filter(isFinal)).toEqual([...finalStates]);
  });

  it('lets nothing leave a final state', () => {
    for (const state of finalStates) expect(transitions[state]).toEqual([]);
  });

  it('lets every live state be cancelled and run out of time', () => {
    for (const state of liveStates) {
      expect(transitions[state]).toEqual(expect.arrayContaining(['cancelled', 'timed_out']));
    }
  });

  it('begins an execution in one state alone, so that each passes through an admission', () => {
    expect(states.filter((state) => transitions[state].includes('running'))).toEqual(['dispatched']);
    expect(states.filter((state) => transitions[state].includes('dispatched'))).toEqual(['queued']);
    expect(states.filter((state) => transitions[state].includes('succeeded'))).toEqual(['running']);
  });

  it('reaches every state from queued', () => {
    const reached = new Set<RunState>(['queued']);
    for (const state of reached) for (const next of transitions[state]) reached.add(next);
    expect([...reached].sort()).toEqual([...states].sort());
  });
});

describe('what the REST contract calls the states', () => {
  it.each<[RunState, string]>([
    ['queued', 'queued'],
    ['dispatched', 'queued'],
    ['retry_wait', 'queued'],
    ['running', 'running'],
    ['succeeded', 'completed'],
    ['failed', 'failed'],
    ['dead', 'failed'],
    ['cancelled', 'cancelled'],
    ['timed_out', 'timeout'],
  ])('%s is %s', (state, status) => {
    expect(statusOf(state)).toBe(status);
  });

  it('puts each state behind exactly one status, and finds it again by that', () => {
    expect(runStatuses.flatMap(statesOf).sort()).toEqual([...states].sort());
    for (const status of runStatuses) {
      for (const state of statesOf(status)) expect(statusOf(state)).toBe(status);
    }
  });

  it('never shows a live run as ended', () => {
    for (const state of liveStates) expect(['queued', 'running']).toContain(statusOf(state));
    for (const state of finalStates) expect(['queued', 'running']).not.toContain(statusOf(state));
  });
});
