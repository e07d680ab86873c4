import type { ResultColumn } from '../../models/result';
import { ConnectorError } from '../connector-error';
import type { ExecuteOutcome, ExecuteRequest, RowSink, TaskRequest } from '../session';

const maxSeconds = 15;
/** Of all tables together: more than a browser shows, and some 20 MiB of JSON. */
const maxColumns = 200_000;
const batchTables = 200;

// One row for each column, for the limit is on columns; a table without any has one without a name. Not
// information_schema, which takes seconds where there are thousands of tables. `data_type` is the SQL-standard name
// (format_type without the modifier), of a domain the name of what it is made from.
const askColumns = `
SELECT n.nspname, c.relname, a.attname,
  pg_catalog.format_type(CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END, NULL),
  NOT (a.attnotnull OR t.typtype = 'd' AND t.typnotnull)
FROM (
  SELECT oid, relname, relnamespace, pg_catalog.has_table_privilege(oid, 'SELECT') AS whole
  FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f')
) c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
  AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
LEFT JOIN (pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid)
  ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  AND (c.whole OR pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT'))
WHERE c.whole OR a.attname IS NOT NULL
ORDER BY n.nspname, c.relname, a.attnum`;

type FlatRow = [schema: string, table: string, column: string | null, type: string, isNullable: boolean];

interface Table {
  schema: string;
  name: string;
  columns: { name: string; data_type: string; is_nullable: boolean }[];
}

const resultColumns: ResultColumn[] = [
  { name: 'schema', dataType: 'TEXT' },
  { name: 'name', dataType: 'TEXT' },
  { name: 'columns', dataType: 'JSON' },
];

const rowOf = ({ schema, name, columns }: Table): string => JSON.stringify([schema, name, columns]);

/** Takes the rows of `askColumns` as they come and makes one of each table. */
class TableRows implements RowSink {
  count = 0;
  private current: Table | undefined;
  private ready: string[] = [];

  constructor(private readonly sink: RowSink) {}

  columns(): void | Promise<void> {
    return this.sink.columns(resultColumns);
  }

  async rows(rows: string[]): Promise<void> {
    for (const row of rows) this.add(JSON.parse(row) as FlatRow);
    if (this.ready.length >= batchTables) await this.handOn();
  }

  /** Hands the rest on. */
  async finish(): Promise<void> {
    this.endTable();
    if (this.ready.length > 0) await this.handOn();
  }

  private add([schema, table, column, type, isNullable]: FlatRow): void {
    if (this.current?.schema !== schema || this.current.name !== table) {
      this.endTable();
      this.current = { schema, name: table, columns: [] };
    }
    if (column === null) return;
    this.current.columns.push({ name: column, data_type: type, is_nullable: isNullable });
  }

  private endTable(): void {
    if (!this.current) return;
    this.ready.push(rowOf(this.current));
    this.count += 1;
    this.current = undefined;
  }

  private async handOn(): Promise<void> {
    const { ready } = this;
    this.ready = [];
    await this.sink.rows(ready);
  }
}

/** Lists what the role may read, as rows; see `ConnectorSession.describe`. */
export async function describeTables(
  execute: (request: ExecuteRequest, sink: RowSink) => Promise<ExecuteOutcome>,
  request: TaskRequest,
  sink: RowSink,
): Promise<ExecuteOutcome> {
  const tables = new TableRows(sink);
  const timeoutSeconds = Math.min(request.timeoutSeconds, maxSeconds);
  const statement = { ...request, timeoutSeconds, text: askColumns, values: [], maxRows: maxColumns };
  const { truncated, executionTimeMs } = await execute(statement, tables);
  if (truncated) {
    const most = maxColumns.toLocaleString('en-US');
    throw new ConnectorError(
      'too_large',
      `The database's tables have more than ${most} columns together; give its user access to fewer schemas`,
    );
  }
  await tables.finish();
  return { rowCount: tables.count, truncated: false, executionTimeMs };
}
