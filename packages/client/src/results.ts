import { type Api, dataOf, type ResultColumn } from './api.ts';
import { jsonMembers, type Piece } from './json-members.ts';

/** The values of a row, in the order of the columns. */
export type Row = unknown[];

/** A result whose rows come as they are read: `for await (const row of result) …`, once. */
export interface StreamedResult extends AsyncIterable<Row> {
  readonly runId: string;
  readonly columns: readonly ResultColumn[];
  readonly rowCount: number;
  readonly executionTimeMs: number;
  /** Whether there were more rows than the run was allowed. */
  readonly truncated: boolean;
  /** For who does not read the rows to their end, nor leaves a loop over them. */
  close(): Promise<void>;
}

interface Head {
  run_id: string;
  columns: ResultColumn[];
  row_count: number;
  execution_time_ms: number;
  truncated: boolean;
}

/** Resolves when the columns are there. Throws LoupeApiError where there is no result. */
export async function openResult(
  api: Api,
  runId: string,
  { signal }: { signal?: AbortSignal } = {},
): Promise<StreamedResult> {
  const init = { params: { path: { id: runId } }, parseAs: 'stream' as const, ...(signal && { signal }) };
  const body = await dataOf(api.GET('/runs/{id}/result', init));
  if (body === null) throw new Error('The answer has no body');
  const pieces = jsonMembers(body, 'rows');
  // The API sends everything else before the rows.
  const { head, first } = await readHead(pieces);
  const rows = rowsOf(first, pieces);
  return {
    runId: head.run_id,
    columns: head.columns,
    rowCount: head.row_count,
    executionTimeMs: head.execution_time_ms,
    truncated: head.truncated,
    [Symbol.asyncIterator]: () => rows,
    async close() {
      await rows.return();
      await pieces.return();
    },
  };
}

async function readHead(
  pieces: AsyncGenerator<Piece, void>,
): Promise<{ head: Head; first: Row | undefined }> {
  const head: Record<string, unknown> = {};
  for (;;) {
    const { done, value } = await pieces.next();
    if (done === true) return { head: head as unknown as Head, first: undefined };
    if ('item' in value) return { head: head as unknown as Head, first: value.item as Row };
    head[value.member] = value.value;
  }
}

async function* rowsOf(first: Row | undefined, rest: AsyncGenerator<Piece, void>): AsyncGenerator<Row, void> {
  if (first === undefined) return;
  try {
    yield first;
    for await (const piece of rest) if ('item' in piece) yield piece.item as Row;
  } finally {
    await rest.return();
  }
}
