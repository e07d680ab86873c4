import { notFound } from '../../errors';
import type { DeadRunSelection, OperatorDeed, Page, ReplayReport, Run } from '../../models';
import { type DeadRunListRequest, transactionOf } from '../../repositories';
import { operatorRepositories, type OperatorSource } from '../../repositories/engine';
import type { Dispatcher } from '../dispatch';
import { replayInto, replayRun, type ReplayTerms, reportOf } from '../replay-run';

export interface DeadLetterParts {
  db: OperatorSource;
  /** Absent: the scheduler's next tick admits what was replayed. */
  dispatcher?: Pick<Dispatcher, 'dispatch'>;
  /** Seconds a replayed run may wait to begin. */
  queueDeadlineSeconds: number;
  maxQueuedPerOrg: number;
}

export interface BulkReplay {
  selection: DeadRunSelection;
  /** Only of this organization. */
  orgId?: string;
  dryRun: boolean;
}

/** Dead letters of all organizations. Replayed runs are whose the dead ones were. */
export interface DeadLetters {
  list(request: DeadRunListRequest & { orgId?: string }): Promise<Page<Run>>;
  /** Throws as `replayRun` does. */
  replay(id: string, deed: OperatorDeed): Promise<Run>;
  /** A dry run changes nothing, and so is not recorded. */
  replayMany(request: BulkReplay, deed: OperatorDeed): Promise<ReplayReport>;
}

export function createDeadLetters(parts: DeadLetterParts): DeadLetters {
  const { db, queueDeadlineSeconds, maxQueuedPerOrg } = parts;
  const read = operatorRepositories(db);
  const transaction = transactionOf(db, operatorRepositories);
  const terms: ReplayTerms = { createdBy: null, queueDeadlineSeconds, maxQueuedPerOrg };
  const dispatch = (): void => parts.dispatcher?.dispatch();
  // Inside the transaction nothing is committed yet: who admits is called after it.
  const later = { dispatch: () => undefined };
  return {
    list: (request) => read.deadLetters.list(request),
    async replay(id, deed) {
      const made = await transaction(async ({ runs, deadLetters, deadRuns, actions }) => {
        const { candidates } = await deadLetters.find({ ids: [id] });
        const [candidate] = candidates;
        if (candidate === undefined) throw notFound('Run');
        const run = await replayRun({ runs, deadRuns, dispatcher: later }, candidate, { id, ...terms });
        await actions.record(deed, { action: 'run.replay', target: { run_ids: [id], replays: [run.id] } });
        return run;
      });
      dispatch();
      return made;
    },
    async replayMany({ selection, orgId, dryRun }, deed) {
      if (dryRun) return reportOf(await read.deadLetters.find(selection, orgId), selection, true);
      const report = await transaction(async ({ deadLetters, deadRuns, actions }) => {
        const found = await deadLetters.find(selection, orgId);
        const made = reportOf(found, selection, false);
        const ready = found.candidates.filter(({ obstacle }) => obstacle === null);
        for (const [of, group] of Map.groupBy(ready, (candidate) => candidate.orgId)) {
          const runIds = group.map(({ runId }) => runId);
          await replayInto({ deadRuns, dispatcher: later }, { orgId: of }, { report: made, terms, runIds });
        }
        const replays = made.replays.map(({ runId }) => runId);
        await actions.record(deed, { action: 'run.replay', target: { run_ids: made.runIds, replays } });
        return made;
      });
      if (report.replays.length > 0) dispatch();
      return report;
    },
  };
}
