import { listPage, type Queryable } from '../db';
import {
  mapPage,
  type ChartType,
  type ListRequest,
  type OpaqueObject,
  type OrgScope,
  type Page,
  type Visualization,
  type VisualizationContent,
} from '../models';
import { lockAgainstDelete, stampDeleted } from './cascade';
import { resourceColumns, resourceOf, type ResourceRow } from './resource-rows';

export interface VisualizationListRequest extends ListRequest {
  queryId?: string;
}

/** Methods that write belong into a transaction. */
export interface VisualizationRepository {
  find(scope: OrgScope, id: string): Promise<Visualization | undefined>;
  /** The same, and keeps others from changing or deleting it until the transaction ends. */
  findForUpdate(scope: OrgScope, id: string): Promise<Visualization | undefined>;
  /** Keeps it from being deleted until the transaction ends, and nothing else. */
  lockAgainstDelete(scope: OrgScope, id: string): Promise<boolean>;
  list(scope: OrgScope, request: VisualizationListRequest): Promise<Page<Visualization>>;
  insert(
    scope: OrgScope,
    visualization: VisualizationContent & { id: string; createdBy: string },
  ): Promise<Visualization>;
  update(
    scope: OrgScope,
    visualization: VisualizationContent & { id: string },
  ): Promise<Visualization | undefined>;
  /** Stamps it and its tiles as deleted. False when there is none. */
  delete(scope: OrgScope, id: string): Promise<boolean>;
}

interface VisualizationRow extends ResourceRow {
  query_id: string;
  name: string;
  chart_type: ChartType;
  config: OpaqueObject;
  tags: string[];
}

const columns = [...resourceColumns, 'query_id', 'name', 'chart_type', 'config', 'tags'] as const;
const columnList = columns.join(', ');

const visualizationOf = (row: VisualizationRow): Visualization => ({
  ...resourceOf(row),
  queryId: row.query_id,
  name: row.name,
  chartType: row.chart_type,
  config: row.config,
  tags: row.tags,
});

const contentValues = (content: VisualizationContent): unknown[] => [
  content.queryId,
  content.name,
  content.chartType,
  JSON.stringify(content.config),
  content.tags,
];

export function createVisualizationRepository(db: Queryable): VisualizationRepository {
  async function findOne(name: string, scope: OrgScope, request: { id: string; lock?: 'FOR UPDATE' }) {
    const row = await db.row<VisualizationRow>({
      name,
      text: `SELECT ${columnList} FROM visualizations
             WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL ${request.lock ?? ''}`,
      values: [scope.orgId, request.id],
    });
    return row && visualizationOf(row);
  }
  const table = 'visualizations';
  return {
    find: (scope, id) => findOne('visualizations.find', scope, { id }),
    findForUpdate: (scope, id) => findOne('visualizations.findForUpdate', scope, { id, lock: 'FOR UPDATE' }),
    lockAgainstDelete: (scope, id) => lockAgainstDelete(db, scope, { table, id }),
    list: (scope, request) => list(db, scope, request),
    async insert({ orgId }, visualization) {
      const row = await db.one<VisualizationRow>({
        name: 'visualizations.insert',
        text: `INSERT INTO visualizations (id, org_id, created_by, query_id, name, chart_type, config, tags)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING ${columnList}`,
        values: [visualization.id, orgId, visualization.createdBy, ...contentValues(visualization)],
      });
      return visualizationOf(row);
    },
    async update({ orgId }, visualization) {
      const row = await db.row<VisualizationRow>({
        name: 'visualizations.update',
        text: `UPDATE visualizations
               SET query_id = $3, name = $4, chart_type = $5, config = $6, tags = $7, version = version + 1,
                   updated_at = now()
               WHERE org_id = $2 AND id = $1 AND deleted_at IS NULL RETURNING ${columnList}`,
        values: [visualization.id, orgId, ...contentValues(visualization)],
      });
      return row && visualizationOf(row);
    },
    delete: (scope, id) => stampDeleted(db, scope, { table, id }),
  };
}

async function list(
  db: Queryable,
  scope: OrgScope,
  request: VisualizationListRequest,
): Promise<Page<Visualization>> {
  const page = await listPage<VisualizationRow>(
    db,
    {
      name: 'visualizations.list',
      table: 'visualizations',
      orgId: scope.orgId,
      columns,
      sortable: { name: 'name', created_at: 'created_at', updated_at: 'updated_at' },
      searched: ['name'],
      filter: (query) => {
        if (request.queryId !== undefined) void query.where('query_id', request.queryId);
      },
    },
    request,
  );
  return mapPage(page, visualizationOf);
}
