import { setTimeout as delay } from 'node:timers/promises';
import type { ConnectorSession, ExecuteOutcome, ExecuteRequest, OpenOptions, RowSink } from '../session';
import { ConnectorError } from '../connector-error';
import { CatalogQuery } from './catalog-query';
import { sessionError } from './classify';
import { cancelledError, Halt } from './halt';
import type { PostgresSettings } from './settings';
import { Statement } from './statement';
import { stopStatement, type Backend } from './stop-statement';
import type { Submission, Wire } from './wire';

const goodbyeMs = 1_000;
const terminateMs = 5_000;
const pollMs = 25;

export interface SessionParts {
  options: OpenOptions<PostgresSettings>;
  wire: Wire;
  backend: Backend;
  /** Says goodbye to the server; settles when the connection is closed. */
  end: () => Promise<void>;
  /** Another session on the same server. */
  open: (options: OpenOptions<PostgresSettings>) => Promise<ConnectorSession>;
}

// Only sessions of the same role: others could not be ended, and their tag might be somebody else's.
const terminateEarlier = `
SELECT pid::text, pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
WHERE usename = current_user AND pid <> pg_catalog.pg_backend_pid()
  AND pg_catalog.split_part(application_name, ':', 1) = 'loupe'
  AND pg_catalog.split_part(application_name, ':', 2) = $1
  AND CASE WHEN application_name ~ ':[0-9]{1,9}$'
    THEN pg_catalog.split_part(application_name, ':', 3)::int < $2::int ELSE false END`;

const stillThere = 'SELECT pid::text FROM pg_catalog.pg_stat_activity WHERE pid = ANY ($1::int[])';

/** One connection to PostgreSQL that executes one statement and is then thrown away. */
export class PostgresSession implements ConnectorSession {
  private used = false;
  private underWay: Submission | undefined;
  private stopped: Promise<void> = Promise.resolve();

  constructor(private readonly parts: SessionParts) {}

  async stopEarlierAttempts(): Promise<number> {
    const { runId, attempt } = this.parts.options.tag;
    const ended = await this.ask(terminateEarlier, [runId, String(attempt)]);
    const pids = `{${ended.map(([pid]) => pid).join(',')}}`;
    const deadline = Date.now() + terminateMs;
    while (ended.length > 0 && Date.now() < deadline) {
      if ((await this.ask(stillThere, [pids])).length === 0) break;
      await delay(pollMs);
    }
    return ended.length;
  }

  private async ask(text: string, values: string[]): Promise<(string | null)[][]> {
    const { wire, options } = this.parts;
    const limit = AbortSignal.any([options.signal, AbortSignal.timeout(terminateMs)]);
    const onAbort = (): void => void wire.socket.destroy();
    limit.addEventListener('abort', onAbort);
    const query = new CatalogQuery(text, values);
    wire.submit(query);
    try {
      return await query.done;
    } catch (error) {
      throw options.signal.aborted ? cancelledError(options.signal.reason) : sessionError(error);
    } finally {
      limit.removeEventListener('abort', onAbort);
    }
  }

  async execute(request: ExecuteRequest, sink: RowSink): Promise<ExecuteOutcome> {
    if (this.used) throw new Error('a session executes one statement');
    this.used = true;
    const { wire } = this.parts;
    const halt = new Halt(request.signal, request.timeoutSeconds);
    const begin = performance.now();
    halt.onStop(() => {
      // The confirmation lies behind the rows that are still on their way.
      wire.socket.resume();
      this.stopped = this.stop();
    });
    try {
      const underWay = (exchange: Submission): void => void (this.underWay = exchange);
      return await new Statement({ wire, request, sink, halt, underWay }).run();
    } catch (error) {
      // 57014 that nobody here asked for: the server's own clock, if it is the time for it.
      const isCancel = error instanceof ConnectorError && error.sqlState === '57014';
      if (isCancel && performance.now() - begin >= request.timeoutSeconds * 1_000 - 50) halt.timedOut();
      await this.stopped;
      halt.throwIfStopped();
      throw error;
    } finally {
      await this.stopped;
      halt.end();
    }
  }

  private async stop(): Promise<void> {
    const { options, wire, backend } = this.parts;
    if (!this.underWay) return;
    await stopStatement({
      target: options.settings,
      backend,
      settled: this.underWay.done,
      cut: () => void wire.socket.destroy(),
      terminate: () => this.terminate(),
    });
  }

  /** From a session with a later attempt's tag, so that only this very statement is meant. */
  private async terminate(): Promise<void> {
    const { options, open } = this.parts;
    const tag = { ...options.tag, attempt: options.tag.attempt + 1 };
    const signal = AbortSignal.timeout(terminateMs);
    const side = await open({ ...options, tag, signal });
    await side.stopEarlierAttempts().finally(() => side.close());
  }

  close(): Promise<void> {
    const { wire, end } = this.parts;
    if (wire.socket.closed) return Promise.resolve();
    const cut = setTimeout(() => wire.socket.destroy(), goodbyeMs);
    wire.socket.once('close', () => clearTimeout(cut));
    // Ending the connection rolls the transaction back. Nobody needs to wait for the server's own goodbye.
    void end().catch(() => undefined);
    return Promise.resolve();
  }
}
