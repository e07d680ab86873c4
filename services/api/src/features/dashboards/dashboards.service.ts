import { newId } from '@loupe/common/crypto';
import { notFound } from '@loupe/common/errors';
import type { Actor, Dashboard, DashboardContent } from '@loupe/common/models';
import type { DashboardRepository, Transaction } from '@loupe/common/repositories';
import { changesNothing, type Update } from '../../http/partial-change';
import { requireMatch } from '../../http/preconditions';

interface DashboardParts {
  dashboards: DashboardRepository;
  transaction: Transaction<{ dashboards: DashboardRepository }>;
}

/** Dashboards come with their tiles. */
export interface DashboardService {
  create(actor: Actor, content: DashboardContent): Promise<Dashboard>;
  /** Absent fields stay; a change that changes nothing makes no version and moves no time. */
  update(actor: Actor, id: string, update: Update<DashboardContent>): Promise<Dashboard>;
  delete(actor: Actor, id: string): Promise<void>;
}

export function createDashboardService({ dashboards, transaction }: DashboardParts): DashboardService {
  return {
    create: (actor, content) =>
      dashboards.insert(actor, { ...content, id: newId(), createdBy: actor.userId }),
    update: (actor, id, { change, ifMatch }) =>
      transaction(async (repositories) => {
        const before = found(await repositories.dashboards.lock(actor, id));
        requireMatch(ifMatch, before.version);
        const after = changesNothing<DashboardContent>(before, change)
          ? await repositories.dashboards.find(actor, id)
          : await repositories.dashboards.update(actor, { ...before, ...change });
        return found(after);
      }),
    delete: (actor, id) =>
      transaction(async (repositories) => {
        if (!(await repositories.dashboards.delete(actor, id))) throw notFound('Dashboard');
      }),
  };
}

function found<T>(dashboard: T | undefined): T {
  if (dashboard === undefined) throw notFound('Dashboard');
  return dashboard;
}
