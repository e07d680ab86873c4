/** One column of a result; `dataType` is the source's type name in upper case (REST contract, section 4.4). */
export interface ResultColumn {
  name: string;
  dataType: string;
}

/** What is known of a result besides its rows. */
export interface ResultManifest {
  id: string;
  runId: string;
  attempt: number;
  columns: ResultColumn[];
  rowCount: number;
  byteCount: number;
  chunkCount: number;
  truncated: boolean;
  executionTimeMs: number;
  /** SHA-256 over the rows' JSON text. */
  checksum: Buffer;
}

/** One piece of a result's rows: JSON arrays joined by commas, perhaps compressed. */
export interface ResultChunk {
  seq: number;
  encoding: 'identity' | 'zstd';
  body: Buffer;
}
