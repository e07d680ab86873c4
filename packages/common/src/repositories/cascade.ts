import type { Queryable } from '../db';
import type { OrgScope } from '../models';

interface Link {
  table: string;
  /** The table above it, and the column that points there. */
  above: string;
  key: string;
  /** What is read together with these rows, and so has changed when one of them goes. */
  shownIn?: { table: string; key: string };
}

/**
 * What lies below what. Whatever is above stands first: the list is walked once, from top to bottom. Everything that
 * locks several of these rows takes them in this order too, so that no two transactions wait in a circle.
 */
const links: readonly Link[] = [
  { table: 'queries', above: 'datasources', key: 'datasource_id' },
  { table: 'visualizations', above: 'queries', key: 'query_id' },
  { table: 'schedules', above: 'queries', key: 'query_id' },
  {
    table: 'dashboard_tiles',
    above: 'visualizations',
    key: 'visualization_id',
    shownIn: { table: 'dashboards', key: 'dashboard_id' },
  },
  { table: 'dashboard_tiles', above: 'dashboards', key: 'dashboard_id' },
  { table: 'canvas_nodes', above: 'canvases', key: 'canvas_id' },
  { table: 'canvas_edges', above: 'canvases', key: 'canvas_id' },
  { table: 'canvas_edges', above: 'canvas_nodes', key: 'from_node_id' },
  { table: 'canvas_edges', above: 'canvas_nodes', key: 'to_node_id' },
];

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
  const gone = new Map<string, string[]>([[table, await stamp(db, orgId, { table, key: 'id', ids: [id] })]]);
  if (gone.get(table)?.length === 0) return false;
  // A statement a level, not one for all: each sees what was committed below while the one before waited for its locks.
  for (const link of links) {
    const ids = gone.get(link.above) ?? [];
    if (ids.length === 0) continue;
    if (link.shownIn !== undefined) await touch(db, orgId, { ...link, ids, shownIn: link.shownIn });
    const stamped = await stamp(db, orgId, { ...link, ids });
    gone.set(link.table, [...(gone.get(link.table) ?? []), ...stamped]);
  }
  return true;
}

interface Below {
  table: string;
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

async function touch(
  db: Queryable,
  orgId: string,
  { table, key, ids, shownIn }: Below & { shownIn: { table: string; key: string } },
): Promise<void> {
  await db.execute({
    name: `${shownIn.table}.touchBy.${key}`,
    text: `WITH found AS MATERIALIZED (
             SELECT id FROM ${shownIn.table}
             WHERE org_id = $1 AND deleted_at IS NULL AND id IN (
               SELECT ${shownIn.key} FROM ${table} WHERE org_id = $1 AND ${key} = ANY ($2) AND deleted_at IS NULL)
             ORDER BY id FOR NO KEY UPDATE
           )
           UPDATE ${shownIn.table} AS shown SET version = version + 1, updated_at = now() FROM found
           WHERE shown.org_id = $1 AND shown.id = found.id`,
    values: [orgId, ids],
  });
}
