import { createHash } from 'node:crypto';
import type { Queryable } from '../db';
import type { ResultChunk, ResultColumn, ResultManifest } from '../models';
import { encodeChunk } from './chunk-codec';

/** Bytes of JSON text after which a chunk is stored. */
const chunkBytes = 256 * 1_024;

export interface ResultWriterOptions {
  resultId: string;
  orgId: string;
  runId: string;
  attempt: number;
}

/** What a finished result consists of; a small one has not touched the store yet and travels with the run's end. */
export interface WrittenResult {
  manifest: ResultManifest;
  onlyChunk?: ResultChunk;
}

/**
 * Takes a result's rows as they stream and stores them in chunks. Memory holds one chunk, and the source waits while
 * one is stored. Nothing of it counts until the run's end refers to it.
 */
export interface ResultWriter {
  columns(columns: ResultColumn[]): void;
  /** Rows as JSON arrays. */
  rows(rows: readonly string[]): Promise<void>;
  finish(outcome: { truncated: boolean; executionTimeMs: number }): Promise<WrittenResult>;
  /** Removes what was stored: the attempt came to nothing. */
  discard(): Promise<void>;
}

export function createResultWriter(db: Queryable, options: ResultWriterOptions): ResultWriter {
  const { resultId, runId, attempt } = options;
  const buffer = createChunkBuffer();
  let columns: ResultColumn[] = [];
  const store = async (): Promise<void> => storeChunk(db, options, await buffer.take());

  return {
    columns: (given) => void (columns = given),
    async rows(rows) {
      for (const row of rows) if (buffer.add(row)) await store();
    },
    async finish({ truncated, executionTimeMs }) {
      const isSmall = buffer.chunkCount() === 0;
      const onlyChunk = isSmall && !buffer.isEmpty() ? await buffer.take() : undefined;
      if (!buffer.isEmpty()) await store();
      const counts = buffer.totals();
      const manifest = { id: resultId, runId, attempt, columns, ...counts, truncated, executionTimeMs };
      return onlyChunk === undefined ? { manifest } : { manifest, onlyChunk };
    },
    async discard() {
      if (buffer.chunkCount() > 0) await deleteChunks(db, options);
    },
  };
}

/** Collects rows until they are worth a chunk, and counts everything that passes through. */
function createChunkBuffer() {
  const checksum = createHash('sha256');
  let pending: string[] = [];
  let pendingBytes = 0;
  let rowCount = 0;
  let byteCount = 0;
  let chunkCount = 0;
  return {
    /** True when the chunk is full. */
    add(row: string): boolean {
      const bytes = Buffer.byteLength(row) + 1;
      pending.push(row);
      pendingBytes += bytes;
      byteCount += bytes;
      rowCount += 1;
      return pendingBytes >= chunkBytes;
    },
    take(): Promise<ResultChunk> {
      const text = pending.join(',');
      checksum.update(chunkCount === 0 ? text : `,${text}`);
      pending = [];
      pendingBytes = 0;
      chunkCount += 1;
      return encodeChunk(chunkCount - 1, text);
    },
    isEmpty: () => pending.length === 0,
    chunkCount: () => chunkCount,
    totals: () => ({ rowCount, byteCount, chunkCount, checksum: checksum.digest() }),
  };
}

async function storeChunk(db: Queryable, owner: ResultWriterOptions, chunk: ResultChunk): Promise<void> {
  await db.execute({
    name: 'results.storeChunk',
    text: `INSERT INTO result_chunks (org_id, run_id, attempt, seq, encoding, body) VALUES ($1, $2, $3, $4, $5, $6)`,
    values: [owner.orgId, owner.runId, owner.attempt, chunk.seq, chunk.encoding, chunk.body],
  });
}

async function deleteChunks(db: Queryable, { runId, attempt }: ResultWriterOptions): Promise<void> {
  await db.execute({
    name: 'results.discard',
    // Whatever its owner believes of an end whose answer it did not get: rows of a result that exists stay.
    text: `DELETE FROM result_chunks WHERE run_id = $1 AND attempt = $2
             AND NOT EXISTS (SELECT FROM results WHERE results.run_id = $1 AND results.attempt = $2)`,
    values: [runId, attempt],
  });
}
