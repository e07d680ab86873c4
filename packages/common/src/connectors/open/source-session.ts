import { ConnectorError } from '../connector-error';
import type { SourceConnection } from '../connection';
import type {
  ConnectorSession,
  ExecuteOutcome,
  ExecuteRequest,
  ProbeOutcome,
  RowSink,
  SessionUse,
  TaskRequest,
} from '../session';

export interface SourceSessionParts {
  use: SessionUse;
  connection: SourceConnection;
  /** Whether the connection served others before. */
  isKept: boolean;
  /** A new connection to the same source. */
  connect: () => Promise<SourceConnection>;
  /** Takes the connection that was used last back; `endedWell` says that nothing speaks against another use. */
  giveBack: (endedWell: boolean) => void;
}

/** The source may end an idle connection at any moment, and its word of that may still be on its way. */
const isLost = (error: unknown): boolean =>
  error instanceof ConnectorError &&
  (error.errorClass === 'lost_connection' || error.errorClass === 'connect');

/** A session on a connection that may have been kept: it notices a dead one before the statement was executed. */
export class SourceSession implements ConnectorSession {
  private connection: SourceConnection;
  private session: ConnectorSession;
  private isKept: boolean;
  private endedWell = false;
  private isClosed = false;

  constructor(private readonly parts: SourceSessionParts) {
    this.connection = parts.connection;
    this.isKept = parts.isKept;
    this.session = this.connection.session(parts.use);
  }

  stopEarlierAttempts(): Promise<number> {
    return this.session.stopEarlierAttempts();
  }

  execute(request: ExecuteRequest, sink: RowSink): Promise<ExecuteOutcome> {
    return this.perform((session, rows) => session.execute(request, rows), sink);
  }

  /** Whether a source can be connected to is not to be seen from a connection that is there already. */
  async probe(request: TaskRequest, sink: RowSink): Promise<ProbeOutcome> {
    if (this.isKept) await this.replace();
    return this.perform((session, rows) => session.probe(request, rows), sink);
  }

  describe(request: TaskRequest, sink: RowSink): Promise<ExecuteOutcome> {
    return this.perform((session, rows) => session.describe(request, rows), sink);
  }

  close(): Promise<void> {
    const { use, giveBack } = this.parts;
    if (!this.isClosed) giveBack(this.endedWell && !use.signal.aborted);
    this.isClosed = true;
    return Promise.resolve();
  }

  private async perform<T extends ExecuteOutcome>(
    work: (session: ConnectorSession, sink: RowSink) => Promise<T>,
    sink: RowSink,
  ): Promise<T> {
    let hasBegun = false;
    const watched: RowSink = {
      columns: (columns) => {
        hasBegun = true;
        return sink.columns(columns);
      },
      rows: (rows) => sink.rows(rows),
    };
    this.endedWell = false;
    let outcome: T;
    try {
      outcome = await work(this.session, watched);
    } catch (error) {
      // The columns come before the statement executes, so without them it has not.
      if (!this.isKept || hasBegun || !isLost(error)) throw error;
      await this.replace();
      outcome = await work(this.session, sink);
    }
    // Rows are cut by a cancel request, which may arrive late and hit the next statement.
    this.endedWell = !outcome.truncated;
    return outcome;
  }

  private async replace(): Promise<void> {
    this.connection.close();
    this.isKept = false;
    this.connection = await this.parts.connect();
    this.session = this.connection.session(this.parts.use);
  }
}
