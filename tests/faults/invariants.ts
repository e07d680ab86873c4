import type { Database } from '@loupe/common/db';
import { finalStates, isFinal, maxLost, maxPreempts, type RunState, transitions } from '@loupe/common/models';

interface RunEvent {
  run_id: string;
  from_state: RunState | null;
  to_state: RunState;
  epoch: number;
  attempt: number;
}

/**
 * Holds what happened against what is promised, whatever went wrong on the way. Each violation is a sentence; none is
 * what a test wants.
 *
 * @param acknowledged runs whose creation was answered
 */
export async function violations(engine: Database, acknowledged: readonly string[]): Promise<string[]> {
  const found = await Promise.all([
    missing(engine, acknowledged),
    illegalHistories(engine),
    pastTheirBounds(engine),
    withoutResult(engine),
    beyondBudgets(engine),
    cancelledInVain(engine),
  ]);
  return found.flat();
}

async function missing(engine: Database, acknowledged: readonly string[]): Promise<string[]> {
  const rows = await engine.rows<{ id: string }>({
    name: 'test.acknowledged',
    text: 'SELECT id FROM unnest($1::uuid[]) AS wanted (id) WHERE NOT EXISTS (SELECT FROM runs WHERE runs.id = wanted.id)',
    values: [acknowledged],
  });
  return rows.map(({ id }) => `${id} was acknowledged and does not exist`);
}

/** Only legal steps, at most one final event, nothing after it; epoch and attempt never fall. */
async function illegalHistories(engine: Database): Promise<string[]> {
  const events = await engine.rows<RunEvent>({
    name: 'test.events',
    text: 'SELECT run_id, from_state, to_state, epoch, attempt FROM run_events ORDER BY run_id, seq',
  });
  return [...Map.groupBy(events, (event) => event.run_id)].flatMap(([id, history]) => {
    const problems = history.flatMap((event, at) => problemOf(event, history[at - 1]));
    const finals = history.filter(({ to_state }) => isFinal(to_state)).length;
    if (finals > 1) problems.push(`has ${finals} final events`);
    return problems.map((problem) => `${id} ${problem}`);
  });
}

function problemOf(event: RunEvent, before: RunEvent | undefined): string[] {
  if (before === undefined) {
    return event.from_state === null && event.to_state === 'queued' ? [] : [`began as ${event.to_state}`];
  }
  const problems: string[] = [];
  const { from_state, to_state } = event;
  if (from_state !== before.to_state) problems.push(`left ${String(from_state)}, and was ${before.to_state}`);
  if (!transitions[before.to_state].includes(to_state)) {
    problems.push(`went from ${before.to_state} to ${to_state}`);
  }
  if (event.epoch < before.epoch || event.attempt < before.attempt) problems.push('has a fence that fell');
  return problems;
}

/** Seconds after which the reaper must have acted, its own pace included. */
const bounds = { waiting: 5, unclaimed: 65, overdue: 20, unconfirmedCancel: 35 };

async function pastTheirBounds(engine: Database): Promise<string[]> {
  const rows = await engine.rows<{ id: string; state: RunState }>({
    name: 'test.bounds',
    text: `SELECT id, state FROM runs WHERE NOT state = ANY ($1) AND (
             (state IN ('queued', 'dispatched', 'retry_wait') AND queue_deadline_at < now() - make_interval(secs => $2))
             OR (state = 'retry_wait' AND run_at < now() - make_interval(secs => $2))
             OR (state = 'dispatched' AND dispatched_at < now() - make_interval(secs => $3))
             OR (state = 'running' AND deadline_at < now() - make_interval(secs => $4))
             OR cancel_requested_at < now() - make_interval(secs => $5))`,
    values: [finalStates, bounds.waiting, bounds.unclaimed, bounds.overdue, bounds.unconfirmedCancel],
  });
  return rows.map(({ id, state }) => `${id} is ${state} past its bound`);
}

/** A succeeded run's result is of the attempt that succeeded, and all of it is there. */
async function withoutResult(engine: Database): Promise<string[]> {
  const rows = await engine.rows<{ id: string }>({
    name: 'test.results',
    text: `SELECT runs.id FROM runs LEFT JOIN results ON results.id = result_id
           WHERE state = 'succeeded' AND (results.id IS NULL OR results.attempt <> runs.attempt OR results.run_id <> runs.id
             OR chunk_count <> (SELECT count(*) FROM result_chunks c
                                WHERE c.run_id = runs.id AND c.attempt = runs.attempt AND seq < chunk_count))`,
  });
  return rows.map(({ id }) => `${id} succeeded without its whole result`);
}

async function beyondBudgets(engine: Database): Promise<string[]> {
  const rows = await engine.rows<{ id: string }>({
    name: 'test.budgets',
    text: 'SELECT id FROM runs WHERE lost > $1 OR preempts > $2 + 1 OR attempt > epoch',
    values: [maxLost, maxPreempts],
  });
  return rows.map(({ id }) => `${id} had more tries than it may`);
}

async function cancelledInVain(engine: Database): Promise<string[]> {
  const rows = await engine.rows<{ id: string; state: RunState }>({
    name: 'test.cancellations',
    text: `SELECT id, state FROM runs WHERE cancel_requested_at IS NOT NULL AND finished_at IS NOT NULL AND state <> 'cancelled'`,
  });
  return rows.map(({ id, state }) => `${id} was cancelled and is ${state}`);
}
