import { textJson } from './encoders';
import { arrayOf, builtinTypes, type ColumnType } from './type-table';

/** Runs one of our own statements in the session of the user's statement; rows are arrays of texts. */
export type AskCatalog = (text: string, values: string[]) => Promise<(string | null)[][]>;

// Names are qualified: the session's search_path is the user's. An array type is one whose element names it as its
// array; int2vector and the like have elements too, but another text form. Object ids below 16384 are PostgreSQL's
// own. Arrays of domains and domains over arrays make the chain longer than one step.
const chainStatement = `
WITH RECURSIVE chain AS (
  SELECT t.oid, t.typname, t.typbasetype, t.typtype, e.oid AS element, e.typdelim
  FROM pg_catalog.pg_type t
  LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND e.typarray = t.oid
  WHERE t.oid = ANY ($1::pg_catalog.oid[])
  UNION
  SELECT t.oid, t.typname, t.typbasetype, t.typtype, e.oid, e.typdelim
  FROM chain c
  JOIN pg_catalog.pg_type t ON t.oid = c.element OR (c.typtype = 'd' AND t.oid = c.typbasetype)
  LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND e.typarray = t.oid
)
SELECT oid::pg_catalog.text, CASE WHEN oid < 16384 THEN pg_catalog.upper(typname::pg_catalog.text) ELSE typname END,
  CASE WHEN typtype = 'd' THEN typbasetype::pg_catalog.text END, element::pg_catalog.text, typdelim
FROM chain`;

interface CatalogType {
  name: string;
  base: number | undefined;
  element: number | undefined;
  delimiter: string;
}

const optionalOid = (text: string | null | undefined): number | undefined =>
  text === null || text === undefined ? undefined : Number(text);

const unknownType: ColumnType = { name: 'UNKNOWN', encode: textJson };

/** A type is as deep as its chain of domains and arrays; PostgreSQL has no circles there, a hostile server may. */
const maxDepth = 32;

function typeOf(oid: number, catalog: ReadonlyMap<number, CatalogType>, depth = 0): ColumnType {
  const builtin = builtinTypes.get(oid);
  if (builtin) return builtin;
  const entry = catalog.get(oid);
  if (!entry || depth > maxDepth) return unknownType;
  if (entry.base !== undefined) return typeOf(entry.base, catalog, depth + 1);
  if (entry.element === undefined) return { name: entry.name, encode: textJson };
  return arrayOf(typeOf(entry.element, catalog, depth + 1), entry.delimiter);
}

/**
 * The types of a result's columns. Those that are not fixed by PostgreSQL itself (enums, domains, composites,
 * types of extensions, arrays of these) are looked up in the source, in one query for all of them.
 */
export async function resolveTypes(oids: readonly number[], ask: AskCatalog): Promise<ColumnType[]> {
  const unknown = [...new Set(oids.filter((oid) => !builtinTypes.has(oid)))];
  const catalog = new Map<number, CatalogType>();
  if (unknown.length > 0) {
    for (const [oid, name, base, element, delimiter] of await ask(chainStatement, [
      `{${unknown.join(',')}}`,
    ])) {
      catalog.set(Number(oid), {
        name: name ?? '',
        base: optionalOid(base),
        element: optionalOid(element),
        delimiter: delimiter ?? ',',
      });
    }
  }
  return oids.map((oid) => typeOf(oid, catalog));
}
