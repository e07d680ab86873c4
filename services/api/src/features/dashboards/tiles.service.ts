import { newId } from '@loupe/common/crypto';
import { notFound } from '@loupe/common/errors';
import type { Actor, Tile, TileContent } from '@loupe/common/models';
import type {
  DashboardRepository,
  TileRepository,
  Transaction,
  VisualizationRepository,
} from '@loupe/common/repositories';
import { fitted } from '../../http/part-limits';
import { changesNothing, type Update } from '../../http/partial-change';
import { requireMatch } from '../../http/preconditions';

interface TileParts {
  dashboards: DashboardRepository;
  transaction: Transaction<{
    dashboards: DashboardRepository;
    visualizations: VisualizationRepository;
    tiles: TileRepository;
  }>;
}

export interface TilePlace {
  dashboardId: string;
  id: string;
}

/** Changes of one dashboard's tiles come one after the other, and each counts as a change of the dashboard. */
export interface TileService {
  list(actor: Actor, dashboardId: string): Promise<Tile[]>;
  create(actor: Actor, dashboardId: string, tile: TileContent & { visualizationId: string }): Promise<Tile>;
  /** Absent fields stay; a change that changes nothing makes no version and moves no time. */
  update(actor: Actor, place: TilePlace, update: Update<TileContent>): Promise<Tile>;
  delete(actor: Actor, place: TilePlace): Promise<void>;
}

export function createTileService({ dashboards, transaction }: TileParts): TileService {
  return {
    async list(actor, dashboardId) {
      const dashboard = await dashboards.find(actor, dashboardId);
      if (dashboard === undefined) throw notFound('Dashboard');
      return dashboard.tiles;
    },
    create: (actor, dashboardId, tile) =>
      transaction(async (repositories) => {
        // The visualization first, as a delete of it does: two transactions that lock in one order never wait in a circle.
        const isThere = await repositories.visualizations.lockAgainstDelete(actor, tile.visualizationId);
        await lock(repositories, actor, dashboardId);
        if (!isThere) throw notFound('Visualization');
        const created = { ...tile, dashboardId, id: newId(), createdBy: actor.userId };
        return fitted(await repositories.tiles.insert(actor, created), 'dashboard');
      }),
    update: (actor, place, { change, ifMatch }) =>
      transaction(async (repositories) => {
        await lock(repositories, actor, place.dashboardId);
        const before = found(await repositories.tiles.find(actor, place));
        requireMatch(ifMatch, before.version);
        if (changesNothing<TileContent>(before, change)) return before;
        return fitted(await repositories.tiles.update(actor, { ...before, ...change }), 'dashboard');
      }),
    delete: (actor, place) =>
      transaction(async (repositories) => {
        await lock(repositories, actor, place.dashboardId);
        const { id } = found(await repositories.tiles.find(actor, place));
        await repositories.tiles.delete(actor, id);
      }),
  };
}

async function lock(
  { dashboards }: { dashboards: DashboardRepository },
  actor: Actor,
  dashboardId: string,
): Promise<void> {
  if ((await dashboards.lock(actor, dashboardId)) === undefined) throw notFound('Dashboard');
}

function found(tile: Tile | undefined): Tile {
  if (tile === undefined) throw notFound('Tile');
  return tile;
}
