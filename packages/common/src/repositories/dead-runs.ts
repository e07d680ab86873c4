import type { Queryable } from '../db';
import type { DeadRunSelection, OrgScope, Page, Run } from '../models';
import {
  type DeadRunCandidate,
  type DeadRunListRequest,
  findDead,
  listDead,
  replayDead,
  type ReplayRequest,
} from './dead-run-statements';

export type { DeadRunCandidate, DeadRunListRequest, ReplayRequest } from './dead-run-statements';

/** Runs that were given up. They stay as they are; a replay is a new run. */
export interface DeadRunRepository {
  list(scope: OrgScope, request: DeadRunListRequest): Promise<Page<Run>>;
  /** What a selection names or finds, oldest first, at most `maxReplays`; `total` is how many there are. */
  find(
    scope: OrgScope,
    selection: DeadRunSelection,
  ): Promise<{ candidates: DeadRunCandidate[]; total: number }>;
  /** The new runs: fewer than asked for when the queue has no more room, or some may not be replayed. */
  replay(scope: OrgScope, request: ReplayRequest): Promise<Run[]>;
}

export const createDeadRunRepository = (db: Queryable): DeadRunRepository => ({
  list: ({ orgId }, request) => listDead(db, orgId, request),
  find: ({ orgId }, selection) => findDead(db, orgId, selection),
  replay: ({ orgId }, request) => replayDead(db, orgId, request),
});
