import { knex, type Knex } from 'knex';
import type { ListRequest, Page } from '../models';
import type { Queryable } from './statement';

/** Builds SQL and never connects: one pool and one driver (node-postgres) run every statement. */
const builder = knex({ client: 'pg' });

export interface ListSource {
  /** Names the statement in logs, e.g. `queries.list`. */
  name: string;
  table: string;
  /** Null: rows of all organizations. For repositories/engine alone. */
  orgId: string | null;
  columns: readonly string[];
  /** Column → a subquery that makes it, for what each row embeds. */
  embedded?: Record<string, string>;
  /** API sort field → column. */
  sortable: Record<string, string>;
  /** Columns in which `search` looks. */
  searched?: readonly string[];
  /** Rows carry deleted_at. Default true. */
  deletable?: boolean;
  /** Further conditions of this resource. */
  filter?: (query: Knex.QueryBuilder) => void;
}

/**
 * One page of a list and its total, in one statement. Sorted as asked, nulls last, the id as last key, so that pages
 * are stable. `request.sort` must have been checked against the whitelist; an unknown field throws.
 */
export async function listPage<Row extends object>(
  db: Queryable,
  source: ListSource,
  request: ListRequest,
): Promise<Page<Row>> {
  const matching = builder(source.table);
  if (source.orgId !== null) matching.where('org_id', source.orgId);
  if (source.deletable !== false) matching.whereNull('deleted_at');
  applyFilters(matching, source, request);

  const page = matching.clone().select([...source.columns]);
  if (source.embedded !== undefined) void page.select(subqueriesOf(source.embedded));
  for (const { field, descending } of request.sort) {
    const column = source.sortable[field];
    if (column === undefined) throw new Error(`${source.name} cannot be sorted by ${field}`);
    page.orderBy(column, descending ? 'desc' : 'asc', 'last');
  }
  page.orderBy('id', request.sort[0]?.descending === false ? 'asc' : 'desc');
  page.limit(request.limit).offset(request.offset);

  // The count rides on the page; a page past the end has no row to carry it and asks for it apart.
  const rows = await run<Row & { matching_total: string }>(db, source.name, page.select(total(matching)));
  const counted =
    rows[0] ??
    (request.offset > 0
      ? (
          await run<{ matching_total: string }>(db, `${source.name}.count`, builder.select(total(matching)))
        )[0]
      : undefined);
  return {
    items: rows.map(({ matching_total: _, ...row }) => row as unknown as Row),
    total: Number(counted?.matching_total ?? 0),
  };
}

/** Their text is a repository's own, without any input. */
const subqueriesOf = (embedded: Record<string, string>): Record<string, Knex.Raw> =>
  Object.fromEntries(
    Object.entries(embedded).map(([column, subquery]) => [column, builder.raw(subquery).wrap('(', ')')]),
  );

const total = (matching: Knex.QueryBuilder) => matching.clone().clearSelect().count('*').as('matching_total');

async function run<Row extends object>(
  db: Queryable,
  name: string,
  query: Knex.QueryBuilder,
): Promise<Row[]> {
  const { sql, bindings } = query.toSQL().toNative();
  return db.rows<Row>({ name, text: sql, values: bindings as unknown[], dynamic: true });
}

/**
 * What lies behind an inclusive bound. Clients see milliseconds and columns hold microseconds: a row must be found by the
 * time that it shows.
 */
export const justAfter = (bound: Date): Date => new Date(bound.getTime() + 1);

function applyFilters(query: Knex.QueryBuilder, source: ListSource, request: ListRequest): void {
  const { search, tags } = request;
  if (search !== undefined && source.searched !== undefined) {
    const pattern = `%${search.replace(/[\\%_]/g, '\\$&')}%`;
    query.where((any) => {
      for (const column of source.searched ?? []) void any.orWhereILike(column, pattern);
    });
  }
  if (tags !== undefined) void query.where('tags', tags.match === 'all' ? '@>' : '&&', tags.names);
  if (request.createdBy !== undefined) void query.where('created_by', request.createdBy);
  if (request.createdAfter !== undefined) void query.where('created_at', '>=', request.createdAfter);
  if (request.createdBefore !== undefined)
    void query.where('created_at', '<', justAfter(request.createdBefore));
  if (request.updatedAfter !== undefined) void query.where('updated_at', '>=', request.updatedAfter);
  if (request.updatedBefore !== undefined)
    void query.where('updated_at', '<', justAfter(request.updatedBefore));
  source.filter?.(query);
}
