import { isDeepStrictEqual } from 'node:util';
import type { ListRequest, Page } from '../models';
import { builder, type ListSource, pageOf, pageQuery } from './list-statement';
import type { Queryable, Statement } from './statement';

/** A page as the database wrote it down. */
export interface UnreadPage<Row> {
  /** Says all that the page does, its total and its order included: two pages with one text are the same. */
  text: string;
  read(): Promise<Page<Row>>;
}

/**
 * For lists of which an organization has few and often asks for the same page: it comes as one text, which can be recognized without
 * being read. All that `source` says but the organization belongs to its name.
 */
export async function listUnread<Row extends object>(
  db: Queryable,
  source: ListSource,
  request: ListRequest,
): Promise<UnreadPage<Row>> {
  const statement = plainStatement(source, request) ?? { ...compile(source, request), dynamic: true };
  const written = await db.row<{ rows: string | null }>({ name: source.name, ...statement });
  const text = written?.rows ?? '[]';
  return {
    text,
    read: () => {
      const rows = JSON.parse(text) as Record<string, unknown>[];
      return pageOf<Row>(rows, { db, source, request, ...pageQuery(source, request) });
    },
  };
}

type Compiled = Pick<Statement, 'text' | 'values'>;

function compile(source: ListSource, request: ListRequest): Compiled {
  const { page } = pageQuery(source, request);
  const query = builder.select(builder.raw('json_agg(page)::text AS rows')).from(page.as('page'));
  const { sql: text, bindings } = query.toSQL().toNative();
  return { text, values: bindings as unknown[] };
}

const pagingNames = new Set(['limit', 'offset', 'sort']);
/** By the name under which they are prepared. */
const texts = new Map<string, string>();

/**
 * What is asked most: the list from its beginning or by offset, in one order, without filters. There are few such texts, so each is
 * built once, and prepared. Undefined for any other.
 */
function plainStatement(source: ListSource, request: ListRequest): Omit<Statement, 'name'> | undefined {
  const { limit, offset, sort } = request;
  const [key] = sort;
  const isPlain = sort.length === 1 && Object.keys(request).every((member) => pagingNames.has(member));
  if (key === undefined || !isPlain) return undefined;
  // An offset of 0 is not said.
  const preparedAs = `${source.name} ${key.field} ${key.descending ? 'desc' : 'asc'}${offset > 0 ? ' from' : ''}`;
  // Of the count, and of the page.
  const values = [source.orgId, source.orgId, limit + 1, ...(offset > 0 ? [offset] : [])];
  let text = texts.get(preparedAs);
  if (text === undefined) {
    const compiled = compile(source, request);
    if (!isDeepStrictEqual(compiled.values, values)) throw new Error(`${source.name} binds something else`);
    text = compiled.text;
    texts.set(preparedAs, text);
  }
  // Readers of one organization may wait for each other, but nobody for another's long list.
  return { text, values, preparedAs, joins: `${preparedAs} ${source.orgId}` };
}
