/**
 * Everything that migrations make, as PostgreSQL's own catalogs describe it: one line per column, constraint, index,
 * trigger, function, grant and comment. Two databases with the same lines have the same schema.
 */
export async function schemaOf(database: {
  query<Row extends object>(text: string): Promise<Row[]>;
}): Promise<string[]> {
  const rows = await database.query<{ line: string }>(SCHEMA);
  return rows.map(({ line }) => line);
}

// The migrator's own tables stay when everything is taken back.
const OURS = `n.nspname = 'public' AND c.relname NOT LIKE 'schema\\_migrations%'`;

const SCHEMA = `
WITH relations AS (
  SELECT c.* FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${OURS}
), lines AS (
  SELECT format('relation %s %s %s %s %s', relname, relkind, relpersistence, reloptions, relacl) AS line FROM relations
    WHERE relkind <> 'i' AND relkind <> 'I'
  UNION ALL
  SELECT format('partition %s %s', c.relname, pg_get_expr(c.relpartbound, c.oid)) FROM relations c WHERE c.relispartition
  UNION ALL
  SELECT format('column %s.%s %s %s notnull=%s default=%s identity=%s storage=%s %s', c.relname, a.attname, a.attnum,
                format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity,
                a.attstorage, a.attacl)
    FROM relations c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE c.relkind IN ('r', 'p')
  UNION ALL
  SELECT format('constraint %s.%s %s', c.relname, o.conname, pg_get_constraintdef(o.oid))
    FROM relations c JOIN pg_constraint o ON o.conrelid = c.oid
  UNION ALL
  SELECT format('index %s', pg_get_indexdef(c.oid)) FROM relations c WHERE c.relkind IN ('i', 'I')
  UNION ALL
  SELECT format('trigger %s', pg_get_triggerdef(t.oid)) FROM relations c JOIN pg_trigger t ON t.tgrelid = c.oid
    WHERE NOT t.tgisinternal
  UNION ALL
  SELECT format('function %s %s', p.proacl, pg_get_functiondef(p.oid)) FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace
  UNION ALL
  SELECT format('type %s', t.typname) FROM pg_type t
    WHERE t.typnamespace = 'public'::regnamespace AND t.typrelid = 0 AND t.typelem = 0
)
SELECT line FROM lines ORDER BY line COLLATE "C"`;
