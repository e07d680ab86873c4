import type { Socket } from 'node:net';
import type { ResultColumn } from '../../models/result';
import { ConnectorError } from '../connector-error';
import type { ExecuteRequest, RowSink } from '../session';
import type { Halt } from './halt';
import type { ColumnType } from './types/type-table';

/** A batch is handed on when it holds this much JSON text, or so many rows. */
const batchBytes = 256 * 1_024;
const batchRows = 2_000;
/** Batches that may wait for a slow sink before the socket is paused. */
const maxWaiting = 2;

const tooLarge = (code: 'cell_bytes' | 'result_bytes', message: string): ConnectorError =>
  new ConnectorError('too_large', message, { code });

/** 52,428,800 → `50 MiB`. */
function sizeText(bytes: number): string {
  const [unit, size] = bytes >= 1_048_576 ? ['MiB', bytes / 1_048_576] : ['KiB', bytes / 1_024];
  return bytes < 1_024 ? `${bytes} bytes` : `${Number(size.toFixed(1))} ${unit}`;
}

export interface RowStreamParts {
  request: Pick<ExecuteRequest, 'maxRows' | 'limits'>;
  columns: ResultColumn[];
  types: ColumnType[];
  sink: RowSink;
  socket: Socket;
  halt: Halt;
}

/**
 * Encodes rows as they come off the socket, hands them to the sink in batches, one at a time, and holds the
 * socket while the sink is behind: memory stays flat whatever the result's size.
 */
export class RowStream {
  rowCount = 0;
  private bytes = 0;
  private batch: string[] = [];
  private batchSize = 0;
  private waiting = 0;
  private handedOn: Promise<void> = Promise.resolve();

  constructor(private readonly parts: RowStreamParts) {}

  /** Never throws: it runs inside the driver, where nobody would catch it. */
  readonly add = (fields: (string | null)[]): void => {
    const { halt, request } = this.parts;
    if (halt.cause) return;
    try {
      if (this.rowCount === request.maxRows) halt.stop({ kind: 'cut' });
      else this.keep(this.encode(fields));
    } catch (error) {
      halt.stop({ kind: 'failed', error });
    }
  };

  /** Hands on what is left, and waits until the sink has taken everything. Throws what the sink threw. */
  async finish(): Promise<void> {
    this.handOn();
    await this.handedOn;
  }

  private encode(fields: (string | null)[]): string {
    const { types, columns, request } = this.parts;
    const { maxCellBytes } = request.limits;
    if (fields.length !== types.length)
      throw new ConnectorError('unknown', 'The database sent a malformed row');
    let json = '[';
    for (let n = 0; n < fields.length; n++) {
      const text = fields[n] ?? null;
      if (n > 0) json += ',';
      // A character takes at most three bytes per UTF-16 unit, so most values need no counting.
      if (text !== null && text.length * 3 > maxCellBytes && Buffer.byteLength(text) > maxCellBytes) {
        throw tooLarge(
          'cell_bytes',
          `A value in column "${columns[n]?.name ?? ''}" is larger than ${sizeText(maxCellBytes)}`,
        );
      }
      json += text === null ? 'null' : (types[n]?.encode(text) ?? 'null');
    }
    return `${json}]`;
  }

  private keep(row: string): void {
    const size = Buffer.byteLength(row);
    const { maxBytes } = this.parts.request.limits;
    this.bytes += size;
    if (this.bytes > maxBytes)
      throw tooLarge('result_bytes', `The result is larger than ${sizeText(maxBytes)}`);
    this.batch.push(row);
    this.rowCount += 1;
    this.batchSize += size;
    if (this.batchSize >= batchBytes || this.batch.length >= batchRows) this.handOn();
  }

  private handOn(): void {
    const { batch } = this;
    if (batch.length === 0) return;
    this.batch = [];
    this.batchSize = 0;
    this.waiting += 1;
    if (this.waiting > maxWaiting) this.parts.socket.pause();
    this.handedOn = this.handedOn.then(() => this.deliver(batch));
    // `finish` throws it; until then it must not count as unhandled.
    this.handedOn.catch((error: unknown) => {
      this.parts.halt.stop({ kind: 'failed', error });
    });
  }

  private async deliver(batch: string[]): Promise<void> {
    if (this.parts.halt.cause && this.parts.halt.cause.kind !== 'cut') return;
    await this.parts.sink.rows(batch);
    this.waiting -= 1;
    if (this.waiting <= maxWaiting) this.parts.socket.resume();
  }
}
