import { listUnread, type Queryable, type UnreadPage } from '../db';
import type { Canvas, CanvasContent, ListRequest, OrgScope, ResourceVersion, TimePreset } from '../models';
import { edgeOf, type EdgeRow, embeddedEdges } from './canvas-edges';
import { embeddedNodes, nodeOf, type NodeRow } from './canvas-nodes';
import { stampDeleted } from './cascade';
import { resourceColumns, resourceOf, type ResourceRow } from './resource-rows';
import { findWholes, versionOf } from './wholes';

type BareCanvas = Omit<Canvas, 'nodes' | 'edges'>;

/** A canvas comes with its nodes and edges, in one statement. Methods that write belong into a transaction. */
export interface CanvasRepository {
  find(scope: OrgScope, id: string): Promise<Canvas | undefined>;
  /**
   * Keeps others from changing it, its nodes and edges included, or deleting it until the transaction ends. Without
   * those: what a statement reads beside a row that it waits for may be older than the lock.
   */
  lock(scope: OrgScope, id: string): Promise<BareCanvas | undefined>;
  /** The version that holds now. */
  versionOf(scope: OrgScope, id: string): Promise<number | undefined>;
  listVersions(scope: OrgScope, request: ListRequest): Promise<UnreadPage<ResourceVersion>>;
  /** Those of `ids` that are there, in this order, from the first on as many as fit into one read, at least one. */
  findAll(scope: OrgScope, ids: readonly string[]): Promise<Canvas[]>;
  insert(scope: OrgScope, canvas: CanvasContent & { id: string; createdBy: string }): Promise<Canvas>;
  update(scope: OrgScope, canvas: CanvasContent & { id: string }): Promise<Canvas | undefined>;
  /** Stamps it, its nodes and its edges as deleted. False when there is none. */
  delete(scope: OrgScope, id: string): Promise<boolean>;
}

interface CanvasRow extends ResourceRow {
  name: string;
  time_preset: TimePreset;
  /** int8 comes as text. */
  time_offset: string;
  time_custom_start: Date | null;
  time_custom_end: Date | null;
  live: boolean;
  tags: string[];
}

type WholeRow = CanvasRow & { nodes: NodeRow[]; edges: EdgeRow[] };

const columns = [
  ...resourceColumns,
  'name',
  'time_preset',
  'time_offset',
  'time_custom_start',
  'time_custom_end',
  'live',
  'tags',
] as const;
const columnList = columns.join(', ');
const wholeList = `${columnList}, (${embeddedNodes}) AS nodes, (${embeddedEdges}) AS edges`;
const wholes = { table: 'canvases', columns: wholeList, large: ['nodes', 'edges'] };

const bareOf = (row: CanvasRow): BareCanvas => ({
  ...resourceOf(row),
  name: row.name,
  timePreset: row.time_preset,
  timeOffset: Number(row.time_offset),
  timeCustomStart: row.time_custom_start,
  timeCustomEnd: row.time_custom_end,
  live: row.live,
  tags: row.tags,
});

const canvasOf = (row: WholeRow): Canvas => ({
  ...bareOf(row),
  nodes: row.nodes.map(nodeOf),
  edges: row.edges.map(edgeOf),
});

const contentValues = (content: CanvasContent): unknown[] => [
  content.name,
  content.timePreset,
  content.timeOffset,
  content.timeCustomStart,
  content.timeCustomEnd,
  content.live,
  content.tags,
];

export const createCanvasRepository = (db: Queryable): CanvasRepository => ({
  async find({ orgId }, id) {
    const row = await db.row<WholeRow>({
      name: 'canvases.find',
      text: `SELECT ${wholeList} FROM canvases WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL`,
      values: [orgId, id],
    });
    return row && canvasOf(row);
  },
  async lock({ orgId }, id) {
    const row = await db.row<CanvasRow>({
      name: 'canvases.lock',
      text: `SELECT ${columnList} FROM canvases
             WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL FOR NO KEY UPDATE`,
      values: [orgId, id],
    });
    return row && bareOf(row);
  },
  versionOf: (scope, id) => versionOf(db, scope, { table: 'canvases', id }),
  listVersions: (scope, request) => listVersions(db, scope, request),
  findAll: async (scope, ids) => (await findWholes<WholeRow>(db, scope, { ...wholes, ids })).map(canvasOf),
  async insert({ orgId }, canvas) {
    const row = await db.one<WholeRow>({
      name: 'canvases.insert',
      text: `INSERT INTO canvases (id, org_id, created_by, name, time_preset, time_offset, time_custom_start,
               time_custom_end, live, tags)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING ${wholeList}`,
      values: [canvas.id, orgId, canvas.createdBy, ...contentValues(canvas)],
    });
    return canvasOf(row);
  },
  async update({ orgId }, canvas) {
    const row = await db.row<WholeRow>({
      name: 'canvases.update',
      text: `UPDATE canvases
             SET name = $3, time_preset = $4, time_offset = $5, time_custom_start = $6, time_custom_end = $7, live = $8,
                 tags = $9, version = version + 1, updated_at = now()
             WHERE org_id = $2 AND id = $1 AND deleted_at IS NULL RETURNING ${wholeList}`,
      values: [canvas.id, orgId, ...contentValues(canvas)],
    });
    return row && canvasOf(row);
  },
  delete: (scope, id) => stampDeleted(db, scope, { table: 'canvases', id }),
});

const listVersions = (
  db: Queryable,
  { orgId }: OrgScope,
  request: ListRequest,
): Promise<UnreadPage<ResourceVersion>> =>
  listUnread<ResourceVersion>(
    db,
    {
      ...{ name: 'canvases.list', table: 'canvases', orgId, columns: ['id', 'version'] },
      sortable: { name: 'name', created_at: 'created_at', updated_at: 'updated_at' },
      searched: ['name'],
    },
    request,
  );
