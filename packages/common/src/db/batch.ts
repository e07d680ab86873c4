import { Query, type QueryResult, type Submittable } from 'pg';
import { preparedName, type Statement } from './statement';

/** What a query of node-postgres asks of a connection. */
interface Connection {
  stream: { cork(): void; uncork(): void };
  sync(): void;
}

type Message = object;
type Callback = (error: Error | null | undefined, result: QueryResult<object>) => void;

/** The parts of a query of node-postgres that its type leaves out: what the client calls as messages come in. */
interface PlainQuery extends Submittable {
  submit(connection: object): Error | null;
  handleRowDescription(message: Message): void;
  handleDataRow(message: Message): void;
  handleCommandComplete(message: Message, connection: Connection): void;
  handleReadyForQuery(connection: Connection): void;
}
type PlainQueryClass = new (
  config: { name: string; text: string; values?: unknown[] },
  callback: Callback,
) => PlainQuery;
const PlainQuery = Query as unknown as PlainQueryClass;

/**
 * Executions of one prepared statement with different values, sent in one write and followed by one Sync: the server executes
 * them one after the other in one transaction, which ends with the Sync (PostgreSQL manual, "Pipelining" in the chapter on the
 * frontend/backend protocol). To node-postgres it is a single query. If one fails, none has happened.
 */
export class Batch extends PlainQuery {
  /** In the order of the statements. */
  readonly done: Promise<QueryResult<object>[]>;
  private readonly queries: PlainQuery[];
  private current = 0;

  /** @throws TypeError for a value that node-postgres might not be able to send: halfway, that could not be taken back */
  constructor(statements: readonly [Statement, ...Statement[]]) {
    for (const { values = [] } of statements) values.forEach(assertPlain);
    const [{ text }] = statements;
    const name = preparedName(statements[0]);
    const results: QueryResult<object>[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<QueryResult<object>[]>();
    super({ name, text }, (error) => {
      if (error) reject(error);
      else resolve(results);
    });
    this.done = promise;
    this.queries = statements.map(
      ({ values = [] }, i) =>
        new PlainQuery({ name, text, values: [...values] }, (error, result) => {
          // The server's errors come to the batch.
          if (!error) results[i] = result;
        }),
    );
  }

  override submit(connection: Connection): Error | null {
    // By itself each would end with a Sync, and with it the transaction.
    const withoutSync = Object.create(connection, { sync: { value: () => undefined } }) as Connection;
    connection.stream.cork();
    try {
      for (const query of this.queries) {
        const error = query.submit(withoutSync);
        if (error !== null) return error;
      }
      return null;
    } finally {
      connection.sync();
      connection.stream.uncork();
    }
  }

  override handleRowDescription(message: Message): void {
    this.queries[this.current]?.handleRowDescription(message);
  }

  override handleDataRow(message: Message): void {
    this.queries[this.current]?.handleDataRow(message);
  }

  override handleCommandComplete(message: Message, connection: Connection): void {
    this.queries[this.current]?.handleCommandComplete(message, connection);
    this.current += 1;
  }

  override handleReadyForQuery(connection: Connection): void {
    for (const query of this.queries) query.handleReadyForQuery(connection);
    super.handleReadyForQuery(connection);
  }
}

function assertPlain(value: unknown): void {
  if (Array.isArray(value)) value.forEach(assertPlain);
  else if (
    typeof value === 'object' &&
    value !== null &&
    !(value instanceof Date) &&
    !Buffer.isBuffer(value)
  ) {
    throw new TypeError(
      'A statement that joins takes text, numbers, truth values, dates, bytes and lists of them',
    );
  }
}
