import { ConnectorError } from '../connector-error';
import type { ExecuteOutcome, ExecuteRequest, RowSink, SessionTag } from '../session';
import { CatalogQuery } from './catalog-query';
import { statementError } from './classify';
import type { Halt } from './halt';
import { OpenPortal, type PortalColumns, type PortalRequest } from './open-portal';
import { ReadPortal } from './read-portal';
import { isUnreadableValue, repairBinding } from './repair-binding';
import { RowStream } from './row-stream';
import { resolveTypes } from './types/type-lookup';
import type { ColumnType } from './types/type-table';
import { type Exchange, isServerError, type Submission, type Wire, type WireField } from './wire';

/** The server sees within this time that a client which died is gone, and stops its statement. */
const clientCheckMs = 1_000;
/** Enough for a statement in which many places leave a parameter's type open. */
const maxRepairs = 20;
/** A connection that nobody used for a while may lead nowhere by now; a server that is there says BEGIN much sooner. */
const answerMs = 3_000;
/** What a single row may hold besides what the limits count. */
const rowOverhead = 1_048_576;

const tooManyColumns = (count: number, max: number): ConnectorError =>
  new ConnectorError('too_large', `The result has ${count} columns; at most ${max} are allowed`, {
    code: 'result_columns',
  });

/** Whose statement it is, and the time limit, held by the server as well. Every server takes these. */
const plainSettings = ({ request, tag }: StatementParts): Record<string, string> => ({
  application_name: `loupe:${tag.runId}:${tag.attempt}`,
  statement_timeout: String(request.timeoutSeconds * 1_000),
});

/** The same and, where the server may know such, a limit on the transaction as a whole and a look at the client. */
function allSettings(parts: StatementParts): Record<string, string> {
  const { wire, request } = parts;
  const limitMs = String(request.timeoutSeconds * 1_000);
  return {
    ...plainSettings(parts),
    ...(wire.serverVersion >= 14 && { client_connection_check_interval: String(clientCheckMs) }),
    ...(wire.serverVersion >= 17 && { transaction_timeout: limitMs }),
  };
}

export interface StatementParts {
  wire: Wire;
  tag: SessionTag;
  /** Whether the connection was idle before. */
  isRecycled: boolean;
  request: ExecuteRequest;
  sink: RowSink;
  halt: Halt;
  /** Told of each exchange while it is under way, so that it can be stopped. */
  underWay: (exchange: Submission) => void;
}

function readable(columns: PortalColumns): WireField[] {
  if (columns) return columns;
  throw new ConnectorError('user', 'The statement returns no rows; only statements that read are executed');
}

interface FailedTry {
  portal: PortalRequest;
  exchange: OpenPortal;
  error: unknown;
}

/** Another way to open the same statement, after the server refused this one; undefined when there is none. */
function nextTry(
  { portal, exchange, error }: FailedTry,
  plain: Record<string, string>,
): PortalRequest | undefined {
  if (exchange.isBound || !isServerError(error)) return undefined;
  if (exchange.isBegun) return repairBinding(portal, error);
  // Some servers know the optional settings and cannot have them (client_connection_check_interval on Windows).
  const isSetting = error.code === '22023' || error.code === '42704';
  const hasOptional = Object.keys(portal.settings).length > Object.keys(plain).length;
  return isSetting && hasOptional ? { ...portal, settings: plain } : undefined;
}

/** One statement of a user, from text to the last row, in a read-only transaction of its own. */
export class Statement {
  constructor(private readonly parts: StatementParts) {}

  async run(): Promise<ExecuteOutcome> {
    const { wire, request, sink, halt } = this.parts;
    const begin = performance.now();
    const fields = await this.open();
    const { maxColumns } = request.limits;
    if (fields.length > maxColumns) throw tooManyColumns(fields.length, maxColumns);
    const types = await this.typesOf(fields);
    const columns = fields.map(({ name }, n) => ({ name, dataType: types[n]?.name ?? '' }));
    const opened = performance.now() - begin;
    await sink.columns(columns);
    halt.throwIfStopped();
    const rows = new RowStream({ request, columns, types, sink, socket: wire.socket, halt });
    const read = performance.now();
    await this.read(rows);
    const executionTimeMs = Math.round(opened + performance.now() - read);
    await rows.finish();
    halt.throwIfStopped();
    return { rowCount: rows.rowCount, truncated: halt.cause?.kind === 'cut', executionTimeMs };
  }

  private async exchange<T>(exchange: Exchange<T>): Promise<T> {
    const { wire, underWay, halt } = this.parts;
    halt.throwIfStopped();
    underWay(exchange);
    wire.submit(exchange);
    return exchange.done;
  }

  private async open(): Promise<WireField[]> {
    const { request } = this.parts;
    const plain = plainSettings(this.parts);
    let portal: PortalRequest = {
      text: request.text,
      values: [...request.values],
      types: [],
      settings: allSettings(this.parts),
      rollBackFirst: false,
    };
    let unreadable: unknown;
    for (let tries = 0; ; tries++) {
      const isDoubtful = tries === 0 && this.parts.isRecycled;
      const watch = isDoubtful ? setTimeout(() => this.parts.wire.socket.destroy(), answerMs) : undefined;
      const exchange = new OpenPortal(portal, isDoubtful ? () => clearTimeout(watch) : undefined);
      try {
        return readable(await this.exchange(exchange));
      } catch (error) {
        const next = tries === maxRepairs ? undefined : nextTry({ portal, exchange, error }, plain);
        // What was said of a value as it was given is what its author can understand.
        if (!next) throw this.failure(isServerError(error) ? (unreadable ?? error) : error);
        if (isUnreadableValue(error)) unreadable ??= error;
        portal = { ...next, rollBackFirst: true };
      } finally {
        clearTimeout(watch);
      }
    }
  }

  private async typesOf(fields: readonly WireField[]): Promise<ColumnType[]> {
    try {
      const oids = fields.map(({ dataTypeID }) => dataTypeID);
      return await resolveTypes(oids, (text, values) => this.exchange(new CatalogQuery(text, values)));
    } catch (error) {
      throw this.failure(error);
    }
  }

  private async read(rows: RowStream): Promise<void> {
    const { wire, request, halt } = this.parts;
    let sinceLastRow = 0;
    // A row reaches us as a whole, so one that is far beyond the limits must be noticed before it is complete.
    const onData = (chunk: Buffer): void => {
      sinceLastRow += chunk.length;
      if (sinceLastRow <= request.limits.maxBytes + rowOverhead) return;
      halt.stop({
        kind: 'failed',
        error: new ConnectorError('too_large', 'A single row is larger than the result may be', {
          code: 'result_bytes',
        }),
      });
      wire.socket.destroy();
    };
    const exchange = new ReadPortal((fields) => {
      sinceLastRow = 0;
      rows.add(fields);
    });
    wire.socket.on('data', onData);
    try {
      await this.exchange(exchange);
    } catch (error) {
      if (halt.cause?.kind !== 'cut') throw this.failure(error);
    } finally {
      wire.socket.off('data', onData);
    }
  }

  private failure(error: unknown): unknown {
    return statementError(error, this.parts.request.text);
  }
}
