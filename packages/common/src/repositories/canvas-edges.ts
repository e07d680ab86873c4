import type { Queryable } from '../db';
import type { CanvasEdge, EdgeLabel, OrgScope } from '../models';
import { stampDeleted } from './cascade';
import { hasRoom, resourceColumns, resourceOf, type ResourceRow, touched } from './resource-rows';

export type NewEdge = Pick<CanvasEdge, 'id' | 'canvasId' | 'fromNodeId' | 'toNodeId' | 'label' | 'createdBy'>;

/**
 * Writes belong into a transaction that holds the canvas: each counts as a change of it, and no node goes while an edge
 * to it is made.
 */
export interface CanvasEdgeRepository {
  find(scope: OrgScope, request: { canvasId: string; id: string }): Promise<CanvasEdge | undefined>;
  /** Is there one from the first node to the second? */
  connects(scope: OrgScope, nodes: Pick<CanvasEdge, 'fromNodeId' | 'toNodeId'>): Promise<boolean>;
  /** Undefined: the canvas has no room for it. */
  insert(scope: OrgScope, edge: NewEdge): Promise<CanvasEdge | undefined>;
  update(scope: OrgScope, edge: Pick<CanvasEdge, 'canvasId' | 'id' | 'label'>): Promise<CanvasEdge>;
  /** Stamps it as deleted. False when there is none. */
  delete(scope: OrgScope, id: string): Promise<boolean>;
}

export interface EdgeRow extends ResourceRow {
  canvas_id: string;
  from_node_id: string;
  to_node_id: string;
  label: EdgeLabel;
}

const columnList = [...resourceColumns, 'canvas_id', 'from_node_id', 'to_node_id', 'label'].join(', ');

/** All edges of a row of canvases as one JSON array of EdgeRow: a page of canvases is one statement. */
export const embeddedEdges = `
  SELECT coalesce(json_agg(edge ORDER BY edge.created_at, edge.id), '[]') FROM (
    SELECT ${columnList} FROM canvas_edges
    WHERE org_id = canvases.org_id AND canvas_id = canvases.id AND deleted_at IS NULL
  ) AS edge`;

export const edgeOf = (row: EdgeRow): CanvasEdge => ({
  ...resourceOf(row),
  canvasId: row.canvas_id,
  fromNodeId: row.from_node_id,
  toNodeId: row.to_node_id,
  label: row.label,
});

const parts = { table: 'canvas_edges', key: 'canvas_id' };

export const createCanvasEdgeRepository = (db: Queryable): CanvasEdgeRepository => ({
  async find({ orgId }, { canvasId, id }) {
    const row = await db.row<EdgeRow>({
      name: 'canvasEdges.find',
      text: `SELECT ${columnList} FROM canvas_edges
             WHERE org_id = $1 AND canvas_id = $2 AND id = $3 AND deleted_at IS NULL`,
      values: [orgId, canvasId, id],
    });
    return row && edgeOf(row);
  },
  async connects({ orgId }, { fromNodeId, toNodeId }) {
    const row = await db.row({
      name: 'canvasEdges.connects',
      text: `SELECT id FROM canvas_edges
             WHERE org_id = $1 AND from_node_id = $2 AND to_node_id = $3 AND deleted_at IS NULL`,
      values: [orgId, fromNodeId, toNodeId],
    });
    return row !== undefined;
  },
  async insert({ orgId }, edge) {
    const row = await db.row<EdgeRow>({
      name: 'canvasEdges.insert',
      text: `WITH ${touched('canvases')}
             INSERT INTO canvas_edges (org_id, canvas_id, id, from_node_id, to_node_id, label, created_by)
             SELECT $1, $2, $3, $4, $5, $6, $7 WHERE ${hasRoom(parts)} RETURNING ${columnList}`,
      values: [orgId, edge.canvasId, edge.id, edge.fromNodeId, edge.toNodeId, edge.label, edge.createdBy],
    });
    return row && edgeOf(row);
  },
  async update({ orgId }, { canvasId, id, label }) {
    const row = await db.one<EdgeRow>({
      name: 'canvasEdges.update',
      text: `WITH ${touched('canvases')}
             UPDATE canvas_edges SET label = $4, version = version + 1, updated_at = now()
             WHERE org_id = $1 AND canvas_id = $2 AND id = $3 AND deleted_at IS NULL RETURNING ${columnList}`,
      values: [orgId, canvasId, id, label],
    });
    return edgeOf(row);
  },
  delete: (scope, id) => stampDeleted(db, scope, { table: 'canvas_edges', id }),
});
