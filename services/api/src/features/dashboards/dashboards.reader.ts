import { notFound } from '@loupe/common/errors';
import type { Actor, ListRequest } from '@loupe/common/models';
import type { DashboardRepository } from '@loupe/common/repositories';
import type { KeptBodies } from '../../http/kept-bodies';
import { createWholeReader, type Rendered, type RenderedList } from '../../http/rendered-wholes';
import { presentDashboard } from './dashboards.contract';

/** Dashboards as the bytes that answer a read. */
export interface DashboardReader {
  list(actor: Actor, request: ListRequest): Promise<RenderedList>;
  find(actor: Actor, id: string): Promise<Rendered>;
}

export function createDashboardReader({
  dashboards: source,
  keptBodies,
}: {
  dashboards: DashboardRepository;
  keptBodies: KeptBodies;
}): DashboardReader {
  const reader = createWholeReader({ ...keptBodies, kind: 'dashboard', source, present: presentDashboard });
  return {
    list: (actor, request) => reader.list(actor, request),
    async find(actor, id) {
      const dashboard = await reader.find(actor, id);
      if (dashboard === undefined) throw notFound('Dashboard');
      return dashboard;
    },
  };
}
