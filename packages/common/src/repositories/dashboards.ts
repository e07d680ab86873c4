import { listPage, type Queryable } from '../db';
import {
  mapPage,
  type Dashboard,
  type DashboardContent,
  type ListRequest,
  type OrgScope,
  type Page,
} from '../models';
import { stampDeleted } from './cascade';
import { embeddedTiles, tileOf, type TileRow } from './dashboard-tiles';
import { resourceColumns, resourceOf, type ResourceRow } from './resource-rows';

/** A dashboard comes with its tiles, in one statement. Methods that write belong into a transaction. */
export interface DashboardRepository {
  find(scope: OrgScope, id: string): Promise<Dashboard | undefined>;
  /**
   * Keeps others from changing it, its tiles included, or deleting it until the transaction ends. Without tiles: those
   * that a statement reads while it waits for the lock may be older than the lock.
   */
  lock(scope: OrgScope, id: string): Promise<Omit<Dashboard, 'tiles'> | undefined>;
  list(scope: OrgScope, request: ListRequest): Promise<Page<Dashboard>>;
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
  list: (scope, request) => list(db, scope, request),
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

async function list(db: Queryable, scope: OrgScope, request: ListRequest): Promise<Page<Dashboard>> {
  const page = await listPage<WholeRow>(
    db,
    {
      name: 'dashboards.list',
      table: 'dashboards',
      orgId: scope.orgId,
      columns,
      embedded: { tiles: embeddedTiles },
      sortable: { name: 'name', created_at: 'created_at', updated_at: 'updated_at' },
      searched: ['name', 'description'],
    },
    request,
  );
  return mapPage(page, dashboardOf);
}
