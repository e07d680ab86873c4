import type { Queryable } from '../db';
import type { OpaqueObject, OrgScope, Tile, TileContent } from '../models';
import { stampDeleted } from './cascade';
import { hasRoom, resourceColumns, resourceOf, type ResourceRow, touched } from './resource-rows';

export type NewTile = TileContent & Pick<Tile, 'id' | 'dashboardId' | 'visualizationId' | 'createdBy'>;

/**
 * Writes belong into a transaction that holds the dashboard: each counts as a change of it, and whoever writes next
 * sees it.
 */
export interface TileRepository {
  find(scope: OrgScope, request: { dashboardId: string; id: string }): Promise<Tile | undefined>;
  /** Undefined: the dashboard has no room for it. */
  insert(scope: OrgScope, tile: NewTile): Promise<Tile | undefined>;
  /** Of a tile that is there; undefined: the dashboard has no room for what it would be. */
  update(scope: OrgScope, tile: TileContent & { dashboardId: string; id: string }): Promise<Tile | undefined>;
  /** Stamps it as deleted. False when there is none. */
  delete(scope: OrgScope, id: string): Promise<boolean>;
}

export interface TileRow extends ResourceRow {
  dashboard_id: string;
  visualization_id: string;
  title: string | null;
  pos_x: number;
  pos_y: number;
  width: number;
  height: number;
  parameter_bindings: OpaqueObject;
}

const columnList = [
  ...resourceColumns,
  'dashboard_id',
  'visualization_id',
  'title',
  'pos_x',
  'pos_y',
  'width',
  'height',
  'parameter_bindings',
].join(', ');

/** All tiles of a row of dashboards as one JSON array of TileRow: a page of dashboards is one statement. */
export const embeddedTiles = `
  SELECT coalesce(json_agg(tile ORDER BY tile.pos_y, tile.pos_x, tile.id), '[]') FROM (
    SELECT ${columnList} FROM dashboard_tiles
    WHERE org_id = dashboards.org_id AND dashboard_id = dashboards.id AND deleted_at IS NULL
  ) AS tile`;

export const tileOf = (row: TileRow): Tile => ({
  ...resourceOf(row),
  dashboardId: row.dashboard_id,
  visualizationId: row.visualization_id,
  title: row.title,
  posX: row.pos_x,
  posY: row.pos_y,
  width: row.width,
  height: row.height,
  parameterBindings: row.parameter_bindings,
});

const contentValues = (content: TileContent): unknown[] => [
  content.title,
  content.posX,
  content.posY,
  content.width,
  content.height,
  JSON.stringify(content.parameterBindings),
];

const parts = { table: 'dashboard_tiles', key: 'dashboard_id', document: 'parameter_bindings' };

export const createTileRepository = (db: Queryable): TileRepository => ({
  async find({ orgId }, { dashboardId, id }) {
    const row = await db.row<TileRow>({
      name: 'dashboardTiles.find',
      text: `SELECT ${columnList} FROM dashboard_tiles
             WHERE org_id = $1 AND dashboard_id = $2 AND id = $3 AND deleted_at IS NULL`,
      values: [orgId, dashboardId, id],
    });
    return row && tileOf(row);
  },
  async insert({ orgId }, tile) {
    const row = await db.row<TileRow>({
      name: 'dashboardTiles.insert',
      text: `WITH ${touched('dashboards')}
             INSERT INTO dashboard_tiles (org_id, dashboard_id, id, visualization_id, created_by, title, pos_x, pos_y,
               width, height, parameter_bindings)
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::json WHERE ${hasRoom(parts, '$11::json')} RETURNING ${columnList}`,
      values: [
        orgId,
        tile.dashboardId,
        tile.id,
        tile.visualizationId,
        tile.createdBy,
        ...contentValues(tile),
      ],
    });
    return row && tileOf(row);
  },
  async update({ orgId }, tile) {
    const row = await db.row<TileRow>({
      name: 'dashboardTiles.update',
      text: `WITH ${touched('dashboards')}
             UPDATE dashboard_tiles
             SET title = $4, pos_x = $5, pos_y = $6, width = $7, height = $8, parameter_bindings = $9::json,
                 version = version + 1, updated_at = now()
             WHERE org_id = $1 AND dashboard_id = $2 AND id = $3 AND deleted_at IS NULL AND ${hasRoom(parts, '$9::json')}
             RETURNING ${columnList}`,
      values: [orgId, tile.dashboardId, tile.id, ...contentValues(tile)],
    });
    return row && tileOf(row);
  },
  delete: (scope, id) => stampDeleted(db, scope, { table: 'dashboard_tiles', id }),
});
