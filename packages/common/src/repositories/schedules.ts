import { listPage, type Queryable } from '../db';
import {
  type ListRequest,
  mapPage,
  type OrgScope,
  type Page,
  type Schedule,
  type ScheduleContent,
} from '../models';
import { stampDeleted } from './cascade';

export interface ScheduleListRequest extends ListRequest {
  enabled?: boolean;
}

/** What a save writes: null for the next time means disabled. */
export type SavedSchedule = ScheduleContent & { id: string; nextRunAt: Date | null };

/** Schedules as requests make and see them. Methods that write belong into a transaction. */
export interface ScheduleRepository {
  find(scope: OrgScope, id: string): Promise<Schedule | undefined>;
  /** The same, and keeps others from changing, firing or deleting it until the transaction ends. */
  findForUpdate(scope: OrgScope, id: string): Promise<Schedule | undefined>;
  list(scope: OrgScope, request: ScheduleListRequest): Promise<Page<Schedule>>;
  insert(scope: OrgScope, schedule: SavedSchedule & { createdBy: string }): Promise<Schedule>;
  /** Raises the version by one. */
  update(scope: OrgScope, schedule: SavedSchedule): Promise<Schedule | undefined>;
  /** A run of it was made now. False when it is gone. */
  recordRun(scope: OrgScope, id: string): Promise<boolean>;
  /** False when there is none. */
  delete(scope: OrgScope, id: string): Promise<boolean>;
  /** What next times are reckoned from: the database's clock, now. */
  clock(): Promise<Date>;
}

interface ScheduleRow {
  id: string;
  org_id: string;
  query_id: string;
  name: string;
  cron_expression: string;
  timezone: string;
  parameters: Record<string, unknown>;
  tags: string[];
  enabled: boolean;
  next_run_at: Date | null;
  last_run_at: Date | null;
  version: number;
  created_by: string;
  created_at: Date;
  updated_at: Date;
}

const columns = [
  'id', 'org_id', 'query_id', 'name', 'cron_expression', 'timezone', 'parameters', 'tags', 'enabled', 'next_run_at',
  'last_run_at', 'version', 'created_by', 'created_at', 'updated_at',
] as const; // prettier-ignore
const columnList = columns.join(', ');

const scheduleOf = (row: ScheduleRow): Schedule => ({
  id: row.id,
  orgId: row.org_id,
  queryId: row.query_id,
  name: row.name,
  cronExpression: row.cron_expression,
  timezone: row.timezone,
  parameters: row.parameters,
  tags: row.tags,
  enabled: row.enabled,
  nextRunAt: row.next_run_at,
  lastRunAt: row.last_run_at,
  version: row.version,
  createdBy: row.created_by,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

/** The values of one save, in the order in which both statements below name their columns. */
const savedValues = (schedule: SavedSchedule): unknown[] => [
  schedule.queryId,
  schedule.name,
  schedule.cronExpression,
  schedule.timezone,
  JSON.stringify(schedule.parameters),
  schedule.tags,
  schedule.enabled,
  schedule.nextRunAt,
];

export function createScheduleRepository(db: Queryable): ScheduleRepository {
  return {
    find: (scope, id) => find(db, scope, { id, name: 'schedules.find', lock: '' }),
    findForUpdate: (scope, id) =>
      find(db, scope, { id, name: 'schedules.findForUpdate', lock: 'FOR NO KEY UPDATE' }),
    list: (scope, request) => list(db, scope, request),
    async insert({ orgId }, schedule) {
      const row = await db.one<ScheduleRow>({
        name: 'schedules.insert',
        text: `INSERT INTO schedules (id, org_id, created_by, query_id, name, cron_expression, timezone, parameters, tags,
                 enabled, next_run_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING ${columnList}`,
        values: [schedule.id, orgId, schedule.createdBy, ...savedValues(schedule)],
      });
      return scheduleOf(row);
    },
    async update({ orgId }, schedule) {
      const row = await db.row<ScheduleRow>({
        name: 'schedules.update',
        text: `UPDATE schedules SET query_id = $3, name = $4, cron_expression = $5, timezone = $6, parameters = $7, tags = $8,
                 enabled = $9, next_run_at = $10, version = version + 1, updated_at = now()
               WHERE org_id = $2 AND id = $1 AND deleted_at IS NULL RETURNING ${columnList}`,
        values: [schedule.id, orgId, ...savedValues(schedule)],
      });
      return row && scheduleOf(row);
    },
    async recordRun({ orgId }, id) {
      const updated = await db.execute({
        name: 'schedules.recordRun',
        text: 'UPDATE schedules SET last_run_at = now() WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL',
        values: [orgId, id],
      });
      return updated > 0;
    },
    delete: (scope, id) => stampDeleted(db, scope, { table: 'schedules', id }),
    async clock() {
      const { now } = await db.one<{ now: Date }>({
        name: 'schedules.clock',
        text: 'SELECT clock_timestamp() AS now',
      });
      return now;
    },
  };
}

async function find(
  db: Queryable,
  { orgId }: OrgScope,
  { id, name, lock }: { id: string; name: string; lock: string },
): Promise<Schedule | undefined> {
  const row = await db.row<ScheduleRow>({
    name,
    text: `SELECT ${columnList} FROM schedules WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL ${lock}`,
    values: [orgId, id],
  });
  return row && scheduleOf(row);
}

async function list(db: Queryable, scope: OrgScope, request: ScheduleListRequest): Promise<Page<Schedule>> {
  const page = await listPage<ScheduleRow>(
    db,
    {
      name: 'schedules.list',
      table: 'schedules',
      orgId: scope.orgId,
      columns,
      sortable: {
        name: 'name',
        next_run_at: 'next_run_at',
        created_at: 'created_at',
        updated_at: 'updated_at',
      },
      searched: ['name'],
      filter: (query) => {
        if (request.enabled !== undefined) void query.where('enabled', request.enabled);
      },
    },
    request,
  );
  return mapPage(page, scheduleOf);
}
