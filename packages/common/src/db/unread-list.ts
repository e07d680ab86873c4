import { isDeepStrictEqual } from 'node:util';
import type { ListRequest, Page } from '../models';
import { builder, type ListSource, pageOf, pageQuery, total } from './list-statement';
import type { Queryable, Statement } from './statement';

/** A page as the database wrote it down. */
export interface UnreadPage<Row> {
  /** Says all that the page does, its total and its order included, also where it is empty: two pages with one text are the same. */
  text: string;
  /** One of the few that are asked for again and again: without filters, in one order. */
  isPlain: boolean;
  read(): Page<Row>;
}

/** What the text says. From a position on nothing is counted: the position knows the total. */
interface Written {
  total?: number;
  rows: Record<string, unknown>[];
}

/**
 * For lists of which an organization has few and often asks for the same page: it comes as one text, which can be recognized without
 * being read.
 */
export async function listUnread<Row extends object>(
  db: Queryable,
  source: ListSource,
  request: ListRequest,
): Promise<UnreadPage<Row>> {
  const plain = plainStatement(source, request);
  const statement = plain ?? { ...compile(source, request), dynamic: true };
  const { text } = await db.one<{ text: string }>({ name: source.name, ...statement });
  return {
    text,
    isPlain: plain !== undefined,
    read() {
      const { total: counted, rows } = JSON.parse(text) as Written;
      const count = request.after?.total ?? counted ?? 0;
      return pageOf<Row>(rows, { source, request, columns: pageQuery(source, request).columns, count });
    },
  };
}

type Compiled = Pick<Statement, 'text' | 'values'>;

/** All of the page, in its order; an empty one too. */
const ROWS = "'rows', coalesce(json_agg(page), '[]')";

function compile(source: ListSource, request: ListRequest): Compiled {
  const { matching, page } = pageQuery(source, request);
  const written =
    request.after === undefined
      ? builder.raw(`json_build_object('total', ?, ${ROWS})::text AS text`, [total(matching)])
      : builder.raw(`json_build_object(${ROWS})::text AS text`);
  const query = builder.select(written).from(page.as('page'));
  const { sql: text, bindings } = query.toSQL().toNative();
  return { text, values: bindings as unknown[] };
}

const pagingNames = new Set(['limit', 'offset', 'sort']);
/** By what makes them. */
const texts = new Map<string, string>();

/**
 * What is asked most: the list from its beginning or by offset, in one order, without filters. There are few such texts, so each is
 * built once, and prepared. Undefined for any other.
 */
function plainStatement(source: ListSource, request: ListRequest): Omit<Statement, 'name'> | undefined {
  const { name, table, columns, sortable, deletable, filter, orgId } = source;
  const { limit, offset, sort } = request;
  const [key] = sort;
  const isPlain = sort.length === 1 && Object.keys(request).every((member) => pagingNames.has(member));
  if (key === undefined || !isPlain || typeof table !== 'string' || filter !== undefined || orgId === null)
    return undefined;
  // An offset of 0 is not said.
  const preparedAs = `${name} ${key.field} ${key.descending ? 'desc' : 'asc'}${offset > 0 ? ' from' : ''}`;
  const madeOf = JSON.stringify([preparedAs, table, columns, sortable[key.field], deletable]);
  // Of the count, and of the page.
  const values = [orgId, orgId, limit + 1, ...(offset > 0 ? [offset] : [])];
  let text = texts.get(madeOf);
  if (text === undefined) {
    const compiled = compile(source, request);
    if (!isDeepStrictEqual(compiled.values, values)) throw new Error(`${name} binds something else`);
    text = compiled.text;
    texts.set(madeOf, text);
  }
  // Readers of one organization may wait for each other, but nobody for another's long list.
  return { text, values, preparedAs, joins: `${preparedAs} ${orgId}` };
}
