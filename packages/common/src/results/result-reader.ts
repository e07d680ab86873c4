import type { Queryable } from '../db';
import type { OrgScope, ResultChunk, ResultColumn, ResultManifest, RunState } from '../models';
import { decodeChunk } from './chunk-codec';

export interface StoredManifest extends ResultManifest {
  /** When the rows were deleted by age; null while they are there. */
  expiredAt: Date | null;
  /** Comes along: most results are one chunk. Undefined where there is none. */
  firstChunk: StoredChunk | undefined;
  orgId: string;
}

export interface RunWithResult {
  state: RunState;
  /** Undefined while there is none. */
  manifest: StoredManifest | undefined;
}

type StoredChunk = Pick<ResultChunk, 'encoding' | 'body'>;

/** Reads results piece by piece: what is in memory at a time is one chunk, however large the result. */
export interface ResultReader {
  manifest(scope: OrgScope, resultId: string): Promise<StoredManifest | undefined>;
  /** The result of a query's run, and how the run stands; undefined where there is no such run. */
  ofRun(scope: OrgScope, runId: string): Promise<RunWithResult | undefined>;
  /** The rows as JSON arrays with commas between, in pieces that join without anything added. */
  rows(scope: OrgScope, manifest: StoredManifest): AsyncIterable<string>;
}

export function createResultReader(db: Queryable): ResultReader {
  return {
    manifest: (scope, resultId) => manifest(db, scope, resultId),
    ofRun: (scope, runId) => ofRun(db, scope, runId),
    rows: (scope, of) => rows(db, scope, of),
  };
}

async function* rows(db: Queryable, scope: OrgScope, manifest: StoredManifest): AsyncGenerator<string> {
  for (let seq = 0; seq < manifest.chunkCount; seq += 1) {
    const isAtHand = seq === 0 && manifest.orgId === scope.orgId;
    const chunk = isAtHand ? manifest.firstChunk : await readChunk(db, scope, { manifest, seq });
    // Expiry between two chunks: the reader's answer breaks off rather than passing for whole.
    if (chunk === undefined) throw new Error(`chunk ${seq} of result ${manifest.id} is gone`);
    yield (seq === 0 ? '' : ',') + (await decodeChunk(chunk));
  }
}

const readChunk = (
  db: Queryable,
  scope: OrgScope,
  { manifest, seq }: { manifest: ResultManifest; seq: number },
): Promise<StoredChunk | undefined> =>
  db.row<StoredChunk>({
    name: 'results.chunk',
    text: `SELECT encoding, body FROM result_chunks
           WHERE org_id = $1 AND run_id = $2 AND attempt = $3 AND seq = $4`,
    values: [scope.orgId, manifest.runId, manifest.attempt, seq],
  });

interface ManifestRow {
  id: string;
  run_id: string;
  attempt: number;
  columns: ResultColumn[];
  row_count: number;
  byte_count: string;
  chunk_count: number;
  truncated: boolean;
  execution_time_ms: number;
  checksum: Buffer;
  expired_at: Date | null;
  encoding: ResultChunk['encoding'] | null;
  body: Buffer | null;
}

const manifestColumns = `r.id, r.run_id, r.attempt, columns, row_count, byte_count, chunk_count, truncated, execution_time_ms,
  checksum, expired_at, encoding, body`;

const firstChunk = `LEFT JOIN result_chunks c
  ON c.org_id = r.org_id AND c.run_id = r.run_id AND c.attempt = r.attempt AND c.seq = 0`;

async function manifest(
  db: Queryable,
  scope: OrgScope,
  resultId: string,
): Promise<StoredManifest | undefined> {
  const row = await db.row<ManifestRow>({
    name: 'results.manifest',
    joins: true,
    text: `SELECT ${manifestColumns} FROM results r ${firstChunk} WHERE r.org_id = $1 AND r.id = $2`,
    values: [scope.orgId, resultId],
  });
  return row && manifestOf(row, scope);
}

async function ofRun(db: Queryable, scope: OrgScope, runId: string): Promise<RunWithResult | undefined> {
  const row = await db.row<{ state: RunState } & (ManifestRow | Record<keyof ManifestRow, null>)>({
    name: 'results.ofRun',
    joins: true,
    text: `SELECT state, ${manifestColumns}
           FROM runs LEFT JOIN results r ON r.org_id = runs.org_id AND r.id = runs.result_id ${firstChunk}
           WHERE runs.org_id = $1 AND runs.id = $2 AND runs.kind = 'query'`,
    values: [scope.orgId, runId],
  });
  return row && { state: row.state, manifest: row.id === null ? undefined : manifestOf(row, scope) };
}

const manifestOf = (row: ManifestRow, { orgId }: OrgScope): StoredManifest => ({
  id: row.id,
  runId: row.run_id,
  attempt: row.attempt,
  columns: row.columns,
  rowCount: row.row_count,
  byteCount: Number(row.byte_count),
  chunkCount: row.chunk_count,
  truncated: row.truncated,
  executionTimeMs: row.execution_time_ms,
  checksum: row.checksum,
  expiredAt: row.expired_at,
  orgId,
  firstChunk:
    row.encoding === null || row.body === null ? undefined : { encoding: row.encoding, body: row.body },
});
