import { listUnread, type Queryable, type UnreadPage } from '../db';
import type { Dashboard, DashboardContent, ListRequest, OrgScope, ResourceVersion } from '../models';
import { stampDeleted } from './cascade';
import { embeddedTiles, tileOf, type TileRow } from './dashboard-tiles';
import { resourceColumns, resourceOf, type ResourceRow } from './resource-rows';
import { findWholes, versionOf } from './wholes';

/** A dashboard comes with its tiles, in one statement. Methods that write belong into a transaction. */
export interface DashboardRepository {
  find(scope: OrgScope, id: string): Promise<Dashboard | undefined>;
  /**
   * Keeps others from changing it, its tiles included, or deleting it until the transaction ends. Without tiles: those
   * that a statement reads while it waits for the lock may be older than the lock.
   */
  lock(scope: OrgScope, id: string): Promise<Omit<Dashboard, 'tiles'> | undefined>;
  /** The version that holds now. */
  versionOf(scope: OrgScope, id: string): Promise<number | undefined>;
  listVersions(scope: OrgScope, request: ListRequest): Promise<UnreadPage<ResourceVersion>>;
  /** Those of `ids` that are there, in this order, from the first on as many as fit into one read, at least one. */
  findAll(scope: OrgScope, ids: readonly string[]): Promise<Dashboard[]>;
  insert(
    scope: OrgScope,
    dashboard: DashboardContent & { id: string; createdBy: string },
  ): Promise<Dashboard>;
  update(scope: OrgScope, dashboard: DashboardContent & { id: string }): Promise<Dashboard | undefined>;
  /** Stamps it and its tiles as deleted. False when there is none. */
  delete(scope: OrgScope, id: string): Promise<boolean>;
}

interface DashboardRow extends ResourceRow {
  name: string;
  description: string | null;
  parameters: unknown[];
  tags: string[];
}

type WholeRow = DashboardRow & { tiles: TileRow[] };

const columns = [...resourceColumns, 'name', 'description', 'parameters', 'tags'] as const;
const columnList = columns.join(', ');
const wholeList = `${columnList}, (${embeddedTiles}) AS tiles`;
const wholes = { table: 'dashboards', columns: wholeList, large: ['tiles', 'parameters'] };

const bareOf = (row: DashboardRow): Omit<Dashboard, 'tiles'> => ({
  ...resourceOf(row),
  name: row.name,
  description: row.description,
  parameters: row.parameters,
  tags: row.tags,
});

const dashboardOf = (row: WholeRow): Dashboard => ({ ...bareOf(row), tiles: row.tiles.map(tileOf) });

const contentValues = (content: DashboardContent): unknown[] => [
  content.name,
  content.description,
  JSON.stringify(content.parameters),
  content.tags,
];

export const createDashboardRepository = (db: Queryable): DashboardRepository => ({
  async find({ orgId }, id) {
    const row = await db.row<WholeRow>({
      name: 'dashboards.find',
      text: `SELECT ${wholeList} FROM dashboards WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL`,
      values: [orgId, id],
    });
    return row && dashboardOf(row);
  },
  async lock({ orgId }, id) {
    const row = await db.row<DashboardRow>({
      name: 'dashboards.lock',
      text: `SELECT ${columnList} FROM dashboards
             WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL FOR NO KEY UPDATE`,
      values: [orgId, id],
    });
    return row && bareOf(row);
  },
  versionOf: (scope, id) => versionOf(db, scope, { table: 'dashboards', id }),
  listVersions: (scope, request) => listVersions(db, scope, request),
  findAll: async (scope, ids) => (await findWholes<WholeRow>(db, scope, { ...wholes, ids })).map(dashboardOf),
  async insert({ orgId }, dashboard) {
    const row = await db.one<WholeRow>({
      name: 'dashboards.insert',
      text: `INSERT INTO dashboards (id, org_id, created_by, name, description, parameters, tags)
             VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING ${wholeList}`,
      values: [dashboard.id, orgId, dashboard.createdBy, ...contentValues(dashboard)],
    });
    return dashboardOf(row);
  },
  async update({ orgId }, dashboard) {
    const row = await db.row<WholeRow>({
      name: 'dashboards.update',
      text: `UPDATE dashboards
             SET name = $3, description = $4, parameters = $5, tags = $6, version = version + 1, updated_at = now()
             WHERE org_id = $2 AND id = $1 AND deleted_at IS NULL RETURNING ${wholeList}`,
      values: [dashboard.id, orgId, ...contentValues(dashboard)],
    });
    return row && dashboardOf(row);
  },
  delete: (scope, id) => stampDeleted(db, scope, { table: 'dashboards', id }),
});

const listVersions = (
  db: Queryable,
  { orgId }: OrgScope,
  request: ListRequest,
): Promise<UnreadPage<ResourceVersion>> =>
  listUnread<ResourceVersion>(
    db,
    {
      ...{ name: 'dashboards.list', table: 'dashboards', orgId, columns: ['id', 'version'] },
      sortable: { name: 'name', created_at: 'created_at', updated_at: 'updated_at' },
      searched: ['name', 'description'],
    },
    request,
  );
