import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { SampleTable } from './tables';

/**
 * Makes a table and fills it, both in one transaction: a table that is there is whole, so after a crash the next
 * start goes on with the first one that is missing. Returns whether there was anything to do.
 */
export async function loadTable(client: Client, table: SampleTable): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [
    table.name,
  ]);
  if (rows[0]?.there === true) return false;
  await client.query('BEGIN');
  try {
    await client.query(`CREATE TABLE ${table.name} (${table.columns.join(', ')})`);
    await client.query(`COMMENT ON TABLE ${table.name} IS ${client.escapeLiteral(table.comment)}`);
    await fill(client, table);
    for (const columns of table.indexes ?? []) await client.query(`CREATE INDEX ON ${table.name} ${columns}`);
    await client.query(`ANALYZE ${table.name}`);
    await client.query('COMMIT');
    return true;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

async function fill(client: Client, table: SampleTable): Promise<void> {
  const path = join(dataFolder(), table.file);
  const { rows } = table;
  const source =
    rows === undefined
      ? createReadStream(path)
      : Readable.from(csvOf(rows(JSON.parse(await readFile(path, 'utf8')))));
  const header = rows === undefined ? ', HEADER true' : '';
  const copy = `COPY ${table.name} (${table.filled.join(', ')}) FROM STDIN WITH (FORMAT csv${header})`;
  await pipeline(source, client.query(copyFrom(copy)));
}

const ROWS_IN_A_PIECE = 2000;

/** CSV text in pieces large enough that a stream's cost per piece does not matter. */
export function* csvOf(rows: Iterable<readonly (string | number | null)[]>): Generator<string> {
  let lines: string[] = [];
  for (const row of rows) {
    lines.push(row.map(csvValue).join(','));
    if (lines.length < ROWS_IN_A_PIECE) continue;
    yield `${lines.join('\n')}\n`;
    lines = [];
  }
  if (lines.length > 0) yield `${lines.join('\n')}\n`;
}

/** Numbers stand bare, texts are quoted; nothing at all is NULL. */
function csvValue(value: string | number | null): string {
  if (value === null) return '';
  return typeof value === 'number' ? String(value) : `"${value.replaceAll('"', '""')}"`;
}

/** The package is an ES module that exports addresses on the web; the files themselves lie beside its code. */
const dataFolder = (): string => join(dirname(dirname(require.resolve('vega-datasets'))), 'data');
