import { type Dispatcher, replayRun, replayRuns } from '@loupe/common/commands';
import type { Actor, DeadRunSelection, Page, ReplayReport, Run } from '@loupe/common/models';
import type { DeadRunListRequest, DeadRunRepository, RunRepository } from '@loupe/common/repositories';

interface DeadRunParts {
  runs: RunRepository;
  deadRuns: DeadRunRepository;
  dispatcher: Pick<Dispatcher, 'dispatch'>;
  /** Seconds a replayed run may wait to begin. */
  scheduledDeadlineSeconds: number;
  /** Runs of one organization that may wait. */
  maxQueuedPerOrg: number;
}

/** Runs that were given up. A replay is a new run of whoever asks for it. */
export interface DeadRunService {
  list(actor: Actor, request: DeadRunListRequest): Promise<Page<Run>>;
  replay(actor: Actor, id: string): Promise<Run>;
  replayMany(actor: Actor, request: { selection: DeadRunSelection; dryRun: boolean }): Promise<ReplayReport>;
}

export function createDeadRunService(parts: DeadRunParts): DeadRunService {
  const { deadRuns, scheduledDeadlineSeconds: queueDeadlineSeconds, maxQueuedPerOrg } = parts;
  const terms = (actor: Actor) => ({ createdBy: actor.userId, queueDeadlineSeconds, maxQueuedPerOrg });
  return {
    list: (actor, request) => deadRuns.list(actor, request),
    replay: (actor, id) => replayRun(parts, actor, { id, ...terms(actor) }),
    replayMany: (actor, request) => replayRuns(parts, actor, { ...request, ...terms(actor) }),
  };
}
