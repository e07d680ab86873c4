import type { Queryable } from '../db';
import type { OrgScope } from '../models';

interface Link {
  table: string;
  /** The table above it, and the column that points there. */
  above: string;
  key: string;
}

/**
 * What lies below what. Whatever is above stands first: the list is walked once, from top to bottom. Everything that
 * locks several of these rows takes them in this order too, so that no two transactions wait in a circle.
 */
const links: readonly Link[] = [
  { table: 'queries', above: 'datasources', key: 'datasource_id' },
  { table: 'visualizations', above: 'queries', key: 'query_id' },
  { table: 'schedules', above: 'queries', key: 'query_id' },
  { table: 'dashboard_tiles', above: 'visualizations', key: 'visualization_id' },
  { table: 'dashboard_tiles', above: 'dashboards', key: 'dashboard_id' },
  { table: 'canvas_nodes', above: 'canvases', key: 'canvas_id' },
  { table: 'canvas_edges', above: 'canvases', key: 'canvas_id' },
  { table: 'canvas_edges', above: 'canvas_nodes', key: 'from_node_id' },
  { table: 'canvas_edges', above: 'canvas_nodes', key: 'to_node_id' },
];

/** Rows that are read together with another, which counts as changed when one of them goes. */
const shownIn: Record<string, { table: string; key: string } | undefined> = {
  dashboard_tiles: { table: 'dashboards', key: 'dashboard_id' },
  canvas_nodes: { table: 'canvases', key: 'canvas_id' },
  canvas_edges: { table: 'canvases', key: 'canvas_id' },
};

export type DeletableTable =
  | 'datasources'
  | 'queries'
  | 'visualizations'
  | 'schedules'
  | 'dashboards'
  | 'dashboard_tiles'
  | 'canvases'
  | 'canvas_nodes'
  | 'canvas_edges';

/**
 * Stamps a row and everything below it as deleted. Belongs into a transaction: now() is its own time, so all carry the
 * same stamp, and a restore can find them by that. False when there is no such row.
 */
export async function stampDeleted(
  db: Queryable,
  { orgId }: OrgScope,
  { table, id }: { table: DeletableTable; id: string },
): Promise<boolean> {
  const root = { table, key: 'id', ids: [id] };
  await touchWholes(db, orgId, root);
  const gone = new Map<string, string[]>([[table, await stamp(db, orgId, root)]]);
  if (gone.get(table)?.length === 0) return false;
  // A statement a level, not one for all: each sees what was committed below while the one before waited for its locks.
  for (const link of links) {
    const ids = gone.get(link.above) ?? [];
    if (ids.length === 0) continue;
    await touchWholes(db, orgId, { ...link, ids });
    const stamped = await stamp(db, orgId, { ...link, ids });
    gone.set(link.table, [...(gone.get(link.table) ?? []), ...stamped]);
  }
  return true;
}

/** The rows of a table whose `key` is one of `ids`. */
interface Below {
  table: string;
  above?: string;
  key: string;
  ids: readonly string[];
}

/** Locks in the order of ids, as any other transaction that locks several rows of a table. */
async function stamp(db: Queryable, orgId: string, { table, key, ids }: Below): Promise<string[]> {
  const rows = await db.rows<{ id: string }>({
    name: `${table}.deleteBy.${key}`,
    text: `WITH found AS MATERIALIZED (
             SELECT id FROM ${table} WHERE org_id = $1 AND ${key} = ANY ($2) AND deleted_at IS NULL
             ORDER BY id FOR NO KEY UPDATE
           )
           UPDATE ${table} AS gone SET deleted_at = now() FROM found
           WHERE gone.org_id = $1 AND gone.id = found.id RETURNING gone.id`,
    values: [orgId, ids],
  });
  return rows.map(({ id }) => id);
}

/** Not those that go themselves, nor those that what goes above has touched already. */
async function touchWholes(
  db: Queryable,
  orgId: string,
  { table, above = '', key, ids }: Below,
): Promise<void> {
  const whole = shownIn[table];
  if (whole === undefined || above === whole.table || shownIn[above]?.table === whole.table) return;
  await db.execute({
    name: `${whole.table}.touchBy.${table}.${key}`,
    text: `WITH found AS MATERIALIZED (
             SELECT id FROM ${whole.table}
             WHERE org_id = $1 AND deleted_at IS NULL AND id IN (
               SELECT ${whole.key} FROM ${table} WHERE org_id = $1 AND ${key} = ANY ($2) AND deleted_at IS NULL)
             ORDER BY id FOR NO KEY UPDATE
           )
           UPDATE ${whole.table} AS whole SET version = version + 1, updated_at = now() FROM found
           WHERE whole.org_id = $1 AND whole.id = found.id`,
    values: [orgId, ids],
  });
}

/** Keeps a row from being deleted until the transaction ends, and nothing else. False when there is none. */
export async function lockAgainstDelete(
  db: Queryable,
  { orgId }: OrgScope,
  { table, id }: { table: DeletableTable; id: string },
): Promise<boolean> {
  const row = await db.row({
    name: `${table}.lockAgainstDelete`,
    text: `SELECT id FROM ${table} WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL FOR SHARE`,
    values: [orgId, id],
  });
  return row !== undefined;
}
