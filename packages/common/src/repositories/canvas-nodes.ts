import type { Queryable } from '../db';
import type { CanvasNode, NodeContent, NodeType, OpaqueObject, OrgScope } from '../models';
import { stampDeleted } from './cascade';
import { hasRoom, resourceColumns, resourceOf, type ResourceRow, touched } from './resource-rows';

export type NewNode = NodeContent & Pick<CanvasNode, 'id' | 'canvasId' | 'nodeType' | 'createdBy'>;

/**
 * Writes belong into a transaction that holds the canvas: each counts as a change of it, and whoever writes next sees
 * it.
 */
export interface CanvasNodeRepository {
  find(scope: OrgScope, request: { canvasId: string; id: string }): Promise<CanvasNode | undefined>;
  /** Undefined: the canvas has no room for it. */
  insert(scope: OrgScope, node: NewNode): Promise<CanvasNode | undefined>;
  /** Of a node that is there; undefined: the canvas has no room for what it would be. */
  update(
    scope: OrgScope,
    node: NodeContent & { canvasId: string; id: string },
  ): Promise<CanvasNode | undefined>;
  /** Stamps it and its edges as deleted. False when there is none. */
  delete(scope: OrgScope, id: string): Promise<boolean>;
}

export interface NodeRow extends ResourceRow {
  canvas_id: string;
  node_type: NodeType;
  title: string;
  pos_x: number;
  pos_y: number;
  width: number;
  height: number;
  meta: OpaqueObject;
}

const columnList = [
  ...resourceColumns,
  'canvas_id',
  'node_type',
  'title',
  'pos_x',
  'pos_y',
  'width',
  'height',
  'meta',
].join(', ');

/** All nodes of a row of canvases as one JSON array of NodeRow: a page of canvases is one statement. */
export const embeddedNodes = `
  SELECT coalesce(json_agg(node ORDER BY node.created_at, node.id), '[]') FROM (
    SELECT ${columnList} FROM canvas_nodes
    WHERE org_id = canvases.org_id AND canvas_id = canvases.id AND deleted_at IS NULL
  ) AS node`;

export const nodeOf = (row: NodeRow): CanvasNode => ({
  ...resourceOf(row),
  canvasId: row.canvas_id,
  nodeType: row.node_type,
  title: row.title,
  posX: row.pos_x,
  posY: row.pos_y,
  width: row.width,
  height: row.height,
  meta: row.meta,
});

const contentValues = (content: NodeContent): unknown[] => [
  content.title,
  content.posX,
  content.posY,
  content.width,
  content.height,
  JSON.stringify(content.meta),
];

const parts = { table: 'canvas_nodes', key: 'canvas_id', document: 'meta' };

export const createCanvasNodeRepository = (db: Queryable): CanvasNodeRepository => ({
  async find({ orgId }, { canvasId, id }) {
    const row = await db.row<NodeRow>({
      name: 'canvasNodes.find',
      text: `SELECT ${columnList} FROM canvas_nodes
             WHERE org_id = $1 AND canvas_id = $2 AND id = $3 AND deleted_at IS NULL`,
      values: [orgId, canvasId, id],
    });
    return row && nodeOf(row);
  },
  async insert({ orgId }, node) {
    const row = await db.row<NodeRow>({
      name: 'canvasNodes.insert',
      text: `WITH ${touched('canvases')}
             INSERT INTO canvas_nodes (org_id, canvas_id, id, node_type, created_by, title, pos_x, pos_y, width, height,
               meta)
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::json WHERE ${hasRoom(parts, '$11::json')} RETURNING ${columnList}`,
      values: [orgId, node.canvasId, node.id, node.nodeType, node.createdBy, ...contentValues(node)],
    });
    return row && nodeOf(row);
  },
  async update({ orgId }, node) {
    const row = await db.row<NodeRow>({
      name: 'canvasNodes.update',
      text: `WITH ${touched('canvases')}
             UPDATE canvas_nodes
             SET title = $4, pos_x = $5, pos_y = $6, width = $7, height = $8, meta = $9::json, version = version + 1,
                 updated_at = now()
             WHERE org_id = $1 AND canvas_id = $2 AND id = $3 AND deleted_at IS NULL AND ${hasRoom(parts, '$9::json')}
             RETURNING ${columnList}`,
      values: [orgId, node.canvasId, node.id, ...contentValues(node)],
    });
    return row && nodeOf(row);
  },
  delete: (scope, id) => stampDeleted(db, scope, { table: 'canvas_nodes', id }),
});
