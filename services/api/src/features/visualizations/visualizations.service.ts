import { newId } from '@loupe/common/crypto';
import { notFound } from '@loupe/common/errors';
import type { Actor, Page, Visualization, VisualizationContent } from '@loupe/common/models';
import type {
  QueryRepository,
  Transaction,
  VisualizationListRequest,
  VisualizationRepository,
} from '@loupe/common/repositories';
import { changesNothing, type Update } from '../../http/partial-change';
import { requireMatch } from '../../http/preconditions';

interface VisualizationParts {
  visualizations: VisualizationRepository;
  transaction: Transaction<{ queries: QueryRepository; visualizations: VisualizationRepository }>;
}

export interface VisualizationService {
  list(actor: Actor, request: VisualizationListRequest): Promise<Page<Visualization>>;
  find(actor: Actor, id: string): Promise<Visualization>;
  create(actor: Actor, content: VisualizationContent): Promise<Visualization>;
  /** Absent fields stay; a change that changes nothing makes no version and moves no time. */
  update(actor: Actor, id: string, update: Update<VisualizationContent>): Promise<Visualization>;
  /** Takes its tiles along, wherever they are. */
  delete(actor: Actor, id: string): Promise<void>;
}

export function createVisualizationService(parts: VisualizationParts): VisualizationService {
  const { visualizations, transaction } = parts;
  return {
    list: (actor, request) => visualizations.list(actor, request),
    async find(actor, id) {
      return found(await visualizations.find(actor, id));
    },
    create: (actor, content) =>
      transaction(async (repositories) => {
        // Held until the commit: a query that is deleted meanwhile would leave a visualization without one.
        if (!(await repositories.queries.lockAgainstDelete(actor, content.queryId))) throw notFound('Query');
        const created = { ...content, id: newId(), createdBy: actor.userId };
        return repositories.visualizations.insert(actor, created);
      }),
    update: (actor, id, { change, ifMatch }) =>
      transaction(async (repositories) => {
        const { queryId } = change;
        // The query first, as a delete of it does: two transactions that lock in one order never wait in a circle.
        const isThere =
          queryId === undefined || (await repositories.queries.lockAgainstDelete(actor, queryId));
        const before = found(await repositories.visualizations.findForUpdate(actor, id));
        if (!isThere) throw notFound('Query');
        requireMatch(ifMatch, before.version);
        if (changesNothing<VisualizationContent>(before, change)) return before;
        return found(await repositories.visualizations.update(actor, { ...before, ...change }));
      }),
    delete: (actor, id) =>
      transaction(async (repositories) => {
        if (!(await repositories.visualizations.delete(actor, id))) throw notFound('Visualization');
      }),
  };
}

function found(visualization: Visualization | undefined): Visualization {
  if (visualization === undefined) throw notFound('Visualization');
  return visualization;
}
