import type { Queryable } from '../../db';
import type { DeadRunSelection, Page, Run } from '../../models';
import { type DeadRunCandidate, type DeadRunListRequest, findDead, listDead } from '../dead-run-statements';

/** Dead runs over all organizations. Replaying them goes organization by organization. */
export interface DeadLetterRepository {
  /** `orgId`: of that organization alone. */
  list(request: DeadRunListRequest & { orgId?: string }): Promise<Page<Run>>;
  find(
    selection: DeadRunSelection,
    orgId?: string,
  ): Promise<{ candidates: DeadRunCandidate[]; total: number }>;
}

export const createDeadLetterRepository = (db: Queryable): DeadLetterRepository => ({
  list: ({ orgId, ...request }) => listDead(db, orgId ?? null, request),
  find: (selection, orgId) => findDead(db, orgId ?? null, selection),
});
