import type { Database } from '@loupe/common/db';
import { finalStates, isFinal, maxLost, maxPreempts, type RunState, transitions } from '@loupe/common/models';

interface RunEvent {
  run_id: string;
  from_state: RunState | null;
  to_state: RunState;
  epoch: number;
  attempt: number;
}

export interface Witnessed {
  /** Runs whose creation was answered. */
  acknowledged: readonly string[];
  /** Runs made earlier are passed over. Default: the beginning. */
  since?: Date;
}

/**
 * Holds what happened against what is promised, whatever went wrong on the way. Each violation is a sentence; none is
 * what a test wants.
 */
export async function violations(
  engine: Database,
  { acknowledged, since = new Date(0) }: Witnessed,
): Promise<string[]> {
  const events = await engine.rows<RunEvent>({
    name: 'test.events',
    text: `SELECT e.run_id, e.from_state, e.to_state, e.epoch, e.attempt
           FROM run_events e JOIN runs ON runs.id = run_id WHERE created_at >= $1 ORDER BY run_id, seq`,
    values: [since],
  });
  const found = await Promise.all([
    missing(engine, acknowledged),
    beyondLimits(engine, since),
    pastTheirBounds(engine),
    withoutResult(engine, since),
    writtenPastTheFence(engine, since),
    beyondBudgets(engine, since),
    cancelledInVain(engine, since),
  ]);
  return [...illegalHistories(events), ...found.flat()];
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
function illegalHistories(events: readonly RunEvent[]): string[] {
  return [...Map.groupBy(events, (event) => event.run_id)].flatMap(([id, history]) => {
    const problems = history.flatMap((event, at) => problemOf(event, history[at - 1]));
    const finals = history.filter(({ to_state }) => isFinal(to_state)).length;
    if (finals > 1) problems.push(`has ${finals} final events`);
    return problems.map((problem) => `${id} ${problem}`);
  });
}

function problemOf(event: RunEvent, before: RunEvent | undefined): string[] {
  if (before === undefined) {
    // A schedule's run that could not be started is made as failed.
    const isBeginning = event.to_state === 'queued' || (event.to_state === 'failed' && event.epoch === 0);
    return event.from_state === null && isBeginning ? [] : [`began as ${event.to_state}`];
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

/** What the services are started with. */
const limits = { perOrg: 10, inAll: 100, slots: 8 };

/** The most that was active or executing at once, at any step that any run took. */
async function beyondLimits(engine: Database, since: Date): Promise<string[]> {
  const steps = `
    SELECT e.at, e.seq, e.org_id, e.session_id,
      (to_state IN ('dispatched', 'running'))::int - (coalesce(from_state, '') IN ('dispatched', 'running'))::int AS active,
      (to_state = 'running')::int - (coalesce(from_state, '') = 'running')::int AS executing
    FROM run_events e JOIN runs ON runs.id = run_id WHERE created_at >= $1`;
  const peaks = await engine.one<{ of_org: number | null; in_all: number | null; of_session: number | null }>(
    {
      name: 'test.peaks',
      text: `SELECT max(of_org)::int AS of_org, max(in_all)::int AS in_all, max(of_session)::int AS of_session FROM (
             SELECT sum(active) OVER (PARTITION BY org_id ORDER BY at, seq) AS of_org,
               sum(active) OVER (ORDER BY at, seq) AS in_all,
               sum(executing) OVER (PARTITION BY session_id ORDER BY at, seq) AS of_session
             FROM (${steps}) AS steps) AS sums`,
      values: [since],
    },
  );
  const seen: [string, number, number][] = [
    ['active of one organization', peaks.of_org ?? 0, limits.perOrg],
    ['active in all', peaks.in_all ?? 0, limits.inAll],
    ['executing in one runner', peaks.of_session ?? 0, limits.slots],
  ];
  return seen
    .filter(([, peak, limit]) => peak > limit)
    .map(([what, peak]) => `${peak} runs were ${what} at once`);
}

/** A succeeded run's result is of the attempt that succeeded, and all of it is there. */
async function withoutResult(engine: Database, since: Date): Promise<string[]> {
  const rows = await engine.rows<{ id: string }>({
    name: 'test.results',
    text: `SELECT runs.id FROM runs LEFT JOIN results ON results.id = result_id
           WHERE runs.created_at >= $1 AND state = 'succeeded' AND (results.id IS NULL OR results.attempt <> runs.attempt OR results.run_id <> runs.id
             OR chunk_count <> (SELECT count(*) FROM result_chunks c
                                WHERE c.run_id = runs.id AND c.attempt = runs.attempt AND seq < chunk_count))`,
    values: [since],
  });
  return rows.map(({ id }) => `${id} succeeded without its whole result`);
}

/** An attempt that was given up has left no result behind: the end and its result are written as one. */
async function writtenPastTheFence(engine: Database, since: Date): Promise<string[]> {
  const rows = await engine.rows<{ run_id: string; attempt: number }>({
    name: 'test.strayResults',
    text: `SELECT run_id, results.attempt FROM results JOIN runs ON runs.id = run_id
           WHERE runs.created_at >= $1 AND result_id IS DISTINCT FROM results.id`,
    values: [since],
  });
  return rows.map(
    ({ run_id, attempt }) => `${run_id} has a result of attempt ${attempt}, which was not its end`,
  );
}

async function beyondBudgets(engine: Database, since: Date): Promise<string[]> {
  const rows = await engine.rows<{ id: string }>({
    name: 'test.budgets',
    text: `SELECT id FROM runs
           WHERE created_at >= $3 AND (lost > $1 OR preempts > $2 + 1 OR attempt > epoch)`,
    values: [maxLost, maxPreempts, since],
  });
  return rows.map(({ id }) => `${id} had more tries than it may`);
}

async function cancelledInVain(engine: Database, since: Date): Promise<string[]> {
  const rows = await engine.rows<{ id: string; state: RunState }>({
    name: 'test.cancellations',
    text: `SELECT id, state FROM runs WHERE created_at >= $1 AND cancel_requested_at IS NOT NULL
             AND finished_at IS NOT NULL AND state <> 'cancelled'`,
    values: [since],
  });
  return rows.map(({ id, state }) => `${id} was cancelled and is ${state}`);
}
