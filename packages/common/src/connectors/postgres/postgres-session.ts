import { setTimeout as delay } from 'node:timers/promises';
import type {
  ConnectorSession,
  ExecuteOutcome,
  ExecuteRequest,
  ProbeOutcome,
  RowSink,
  SessionUse,
  TaskRequest,
} from '../session';
import { ConnectorError } from '../connector-error';
import { CatalogQuery } from './catalog-query';
import { sessionError } from './classify';
import { describeTables } from './describe-tables';
import { cancelledError, Halt } from './halt';
import type { ConnectionParts } from './postgres-connection';
import { probeSource } from './probe-source';
import { Statement } from './statement';
import { stopStatement } from './stop-statement';
import type { Submission } from './wire';

const terminateMs = 5_000;
const pollMs = 25;

export interface SessionParts extends ConnectionParts {
  use: SessionUse;
  isRecycled: boolean;
  /** Closes the connection. */
  giveUp: () => void;
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

const ignoreRows: RowSink = { columns: () => undefined, rows: () => undefined };

/** One run's use of a connection to PostgreSQL, for one statement. */
export class PostgresSession implements ConnectorSession {
  private used = false;
  private underWay: Submission | undefined;
  private stopped: Promise<void> = Promise.resolve();

  constructor(private readonly parts: SessionParts) {}

  async stopEarlierAttempts(): Promise<number> {
    const { runId, attempt } = this.parts.use.tag;
    const ended = await this.ask(terminateEarlier, [runId, String(attempt)]);
    const pids = `{${ended.map(([pid]) => pid).join(',')}}`;
    const giveUpAt = performance.now() + terminateMs;
    while (ended.length > 0 && performance.now() < giveUpAt) {
      if ((await this.ask(stillThere, [pids])).length === 0) break;
      await delay(pollMs);
    }
    return ended.length;
  }

  private async ask(text: string, values: string[]): Promise<(string | null)[][]> {
    const { wire, use } = this.parts;
    const limit = AbortSignal.any([use.signal, AbortSignal.timeout(terminateMs)]);
    const onAbort = (): void => void wire.socket.destroy();
    limit.addEventListener('abort', onAbort);
    const query = new CatalogQuery(text, values);
    wire.submit(query);
    try {
      return await query.done;
    } catch (error) {
      throw use.signal.aborted ? cancelledError(use.signal.reason) : sessionError(error);
    } finally {
      limit.removeEventListener('abort', onAbort);
    }
  }

  async execute(request: ExecuteRequest, sink: RowSink): Promise<ExecuteOutcome> {
    if (this.used) throw new Error('a session executes one statement');
    this.used = true;
    const { wire, isRecycled, use } = this.parts;
    const halt = new Halt(request.signal, request.timeoutSeconds);
    const begin = performance.now();
    halt.onStop(() => {
      // The confirmation lies behind the rows that are still on their way.
      wire.socket.resume();
      this.stopped = this.stop(halt);
    });
    try {
      const underWay = (exchange: Submission): void => void (this.underWay = exchange);
      return await new Statement({ wire, isRecycled, tag: use.tag, request, sink, halt, underWay }).run();
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

  private async stop(halt: Halt): Promise<void> {
    const { target, wire, backend } = this.parts;
    if (!this.underWay) return;
    halt.isConfirmed = await stopStatement({
      target,
      backend,
      settled: this.underWay.done,
      cut: () => void wire.socket.destroy(),
      terminate: () => this.terminate(),
    });
  }

  /** From a session with a later attempt's tag, so that only this very statement is meant. */
  private async terminate(): Promise<void> {
    const { use, settings, connect } = this.parts;
    const tag = { ...use.tag, attempt: use.tag.attempt + 1 };
    const signal = AbortSignal.timeout(terminateMs);
    const side = await connect({ settings, tag, signal });
    await side
      .session({ tag, signal })
      .stopEarlierAttempts()
      .finally(() => side.close());
  }

  probe(request: TaskRequest, sink: RowSink): Promise<ProbeOutcome> {
    const { connectMs } = this.parts;
    return probeSource(
      {
        connectMs,
        execute: (trivial) => this.execute(trivial, ignoreRows),
        ask: (text, values) => this.ask(text, values),
      },
      request,
      sink,
    );
  }

  describe(request: TaskRequest, sink: RowSink): Promise<ExecuteOutcome> {
    return describeTables((statement, rows) => this.execute(statement, rows), request, sink);
  }

  close(): Promise<void> {
    this.parts.giveUp();
    return Promise.resolve();
  }
}
