import { knex, type Knex } from 'knex';
import type { ListPosition, ListRequest, Page } from '../models';
import { orderByColumns, type SortColumn, sortKeyColumns, sortKeysOf, whereAfter } from './keyset';
import type { Queryable } from './statement';

/** Builds SQL and never connects: one pool and one driver (node-postgres) run every statement. */
export const builder = knex({ client: 'pg' });

export interface ListSource {
  /** Names the statement in logs, e.g. `queries.list`. */
  name: string;
  /** A table, or a sub-select with a name of its own. */
  table: string | ((knex: Knex) => Knex.QueryBuilder);
  /** Null: rows of all organizations. For repositories/engine alone. */
  orgId: string | null;
  columns: readonly string[];
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
 *
 * A page from a position on counts nothing: the position knows the total, and so costs the same however deep it is.
 */
export async function listPage<Row extends object>(
  db: Queryable,
  source: ListSource,
  request: ListRequest,
): Promise<Page<Row>> {
  const { matching, page, columns } = pageQuery(source, request);
  // The count rides on the page.
  if (request.after === undefined) void page.select(named(total(matching)));
  const rows = await run(db, source.name, page);
  const count = request.after?.total ?? (await totalOf(rows[0], { db, source, request, matching }));
  return pageOf<Row>(rows, { source, request, columns, count });
}

export interface PageQuery {
  /** All that is listed, on whatever page. */
  matching: Knex.QueryBuilder;
  page: Knex.QueryBuilder;
  columns: SortColumn[];
}

export function pageQuery(source: ListSource, request: ListRequest): PageQuery {
  const matching = matchingRows(source, request);
  const columns = sortColumns(source, request);
  const page = matching.clone().select([...source.columns, ...sortKeyColumns(builder, columns)]);
  orderByColumns(page, columns);
  // One more than asked for tells whether there is a next page.
  page.limit(request.limit + 1);
  if (request.after === undefined) page.offset(request.offset);
  else whereAfter(page, columns, request.after);
  return { matching, page, columns };
}

/** What a query's rows say, when `count` are all that match. */
export function pageOf<Row extends object>(
  rows: readonly Record<string, unknown>[],
  { source, request, columns, count }: Counted,
): Page<Row> {
  const shown = rows.slice(0, request.limit);
  const items = shown.map(
    (row) => Object.fromEntries(source.columns.map((name) => [name, row[name]])) as Row,
  );
  return {
    items,
    total: count,
    next: rows.length > shown.length ? behind(shown, { columns, request, count }) : undefined,
  };
}

interface Counted {
  source: ListSource;
  request: ListRequest;
  columns: readonly SortColumn[];
  count: number;
}

/** Where the page ends. */
function behind(
  shown: readonly Record<string, unknown>[],
  { columns, request, count }: Omit<Counted, 'source'>,
): ListPosition {
  const values = sortKeysOf(shown.at(-1) ?? {}, columns);
  // The last of the keys is the id.
  const id = values.pop() ?? '';
  return { values, id, seen: (request.after?.seen ?? request.offset) + shown.length, total: count };
}

function matchingRows(source: ListSource, request: ListRequest): Knex.QueryBuilder {
  const { table } = source;
  const matching = builder.from(typeof table === 'string' ? table : table(builder));
  if (source.orgId !== null) matching.where('org_id', source.orgId);
  if (source.deletable !== false) matching.whereNull('deleted_at');
  applyFilters(matching, source, request);
  return matching;
}

function sortColumns(source: ListSource, request: ListRequest): SortColumn[] {
  const columns = request.sort.map(({ field, descending }) => {
    const column = source.sortable[field];
    if (column === undefined) throw new Error(`${source.name} cannot be sorted by ${field}`);
    return { column, descending };
  });
  return [...columns, { column: 'id', descending: request.sort[0]?.descending !== false }];
}

interface Counting {
  db: Queryable;
  source: ListSource;
  request: ListRequest;
  matching: Knex.QueryBuilder;
}

/** A page past the end has no row to carry the count, and asks for it apart. */
async function totalOf(
  row: Record<string, unknown> | undefined,
  { db, source, request, matching }: Counting,
): Promise<number> {
  if (row !== undefined || request.offset === 0) return Number(row?.['matching_total'] ?? 0);
  const [counted] = await run(db, `${source.name}.count`, builder.select(named(total(matching))));
  return Number(counted?.['matching_total'] ?? 0);
}

/** Of all that is listed, on whatever page. */
export const total = (matching: Knex.QueryBuilder): Knex.QueryBuilder =>
  matching.clone().clearSelect().count('*');

const named = (count: Knex.QueryBuilder): Knex.QueryBuilder => count.as('matching_total');

async function run(
  db: Queryable,
  name: string,
  query: Knex.QueryBuilder,
): Promise<Record<string, unknown>[]> {
  const { sql, bindings } = query.toSQL().toNative();
  return db.rows({ name, text: sql, values: bindings as unknown[], dynamic: true });
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
