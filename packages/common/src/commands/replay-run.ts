import { conflict, notFound } from '../errors';
import {
  type DeadRunSelection,
  maxReplays,
  type OrgScope,
  type ReplayReport,
  type Run,
  statusOf,
} from '../models';
import type { DeadRunCandidate, DeadRunRepository, ReplayRequest, RunRepository } from '../repositories';
import type { Dispatcher } from './dispatch';
import { queueFull } from './start-run';

export interface ReplayParts {
  deadRuns: DeadRunRepository;
  dispatcher: Pick<Dispatcher, 'dispatch'>;
}

/** Whose runs the new ones are (null: whose the dead ones were), and how many may wait for how long. */
export type ReplayTerms = Omit<ReplayRequest, 'runIds'>;

/**
 * Executes a dead run again, as a new run; the dead one stays what it is. Throws `not_found`, `conflict` for one that is
 * not dead, was deleted with its datasource or query, or is of a blocked version, `rate_limited` for a full queue.
 */
export async function replayRun(
  { runs, deadRuns, dispatcher }: ReplayParts & { runs: Pick<RunRepository, 'find'> },
  scope: OrgScope,
  { id, ...terms }: ReplayTerms & { id: string },
): Promise<Run> {
  const run = await runs.find(scope, id);
  if (run === undefined) throw notFound('Run');
  if (run.state !== 'dead') {
    throw conflict(
      `Only a run that was given up can be replayed; the status of this one is ${statusOf(run.state)}`,
    );
  }
  const [made] = await deadRuns.replay(scope, { runIds: [id], ...terms });
  if (made === undefined) {
    const { candidates } = await deadRuns.find(scope, { ids: [id] });
    const obstacle = candidates[0]?.obstacle;
    if (obstacle === 'deleted') {
      throw conflict('The run cannot be replayed: its datasource or its query was deleted');
    }
    if (obstacle === 'blocked') {
      throw conflict(
        'The run cannot be replayed: its version of the query is blocked until somebody acknowledges that',
        {
          code: 'query_blocked',
        },
      );
    }
    throw queueFull();
  }
  dispatcher.dispatch();
  return made;
}

/** The same for many of one organization. What cannot be replayed is reported and holds up nothing else. */
export async function replayRuns(
  parts: ReplayParts,
  scope: OrgScope,
  request: ReplayTerms & { selection: DeadRunSelection; dryRun: boolean },
): Promise<ReplayReport> {
  const { selection, dryRun, ...terms } = request;
  const found = await parts.deadRuns.find(scope, selection);
  const report = reportOf(found, selection, dryRun);
  if (!dryRun) await replayInto(parts, scope, { report, terms });
  return report;
}

/** What a replay of these would do, before anything is done. */
export function reportOf(
  { candidates, total }: { candidates: readonly DeadRunCandidate[]; total: number },
  selection: DeadRunSelection,
  dryRun: boolean,
): ReplayReport {
  const known = new Set(candidates.map(({ runId }) => runId));
  const named = 'ids' in selection ? selection.ids : [];
  const unknown = named.filter((id) => !known.has(id));
  return {
    dryRun,
    runIds: candidates.filter(({ obstacle }) => obstacle === null).map(({ runId }) => runId),
    replays: [],
    skipped: [
      ...unknown.map((runId) => ({ runId, reason: 'not_found' as const })),
      ...candidates.flatMap(({ runId, obstacle }) =>
        obstacle === null ? [] : [{ runId, reason: obstacle }],
      ),
    ],
    remaining: 'ids' in selection ? 0 : Math.max(0, total - maxReplays),
  };
}

/** Replays those of the report's runs that are `scope`'s, and writes into the report what became of them. */
export async function replayInto(
  { deadRuns, dispatcher }: ReplayParts,
  scope: OrgScope,
  { report, terms, runIds = report.runIds }: { report: ReplayReport; terms: ReplayTerms; runIds?: string[] },
): Promise<void> {
  if (runIds.length === 0) return;
  const made = await deadRuns.replay(scope, { runIds, ...terms });
  const replayed = new Set(made.map(({ replayOf }) => replayOf));
  report.replays.push(
    ...made.flatMap(({ id, replayOf }) => (replayOf === null ? [] : [{ runId: id, replayOf }])),
  );
  for (const runId of runIds) {
    // Between the look and the replay only deletes and other runs of the organization can have come.
    if (!replayed.has(runId)) report.skipped.push({ runId, reason: 'queue_full' });
  }
  report.runIds = report.runIds.filter((id) => replayed.has(id) || !runIds.includes(id));
  if (made.length > 0) dispatcher.dispatch();
}
