/** One SQL statement of the metadata database. Values are bound, never pasted. */
export interface Statement {
  /** `<aggregate>.<action>`: names the statement in logs and metrics, and prepares it once per connection. */
  name: string;
  text: string;
  values?: readonly unknown[];
  /** True for text that varies from call to call (filters, sort orders): it cannot be prepared under its name. */
  dynamic?: boolean;
  /** Prepares it under another name, where a few texts share theirs. */
  preparedAs?: string;
  /**
   * For the statements of every request and every run. On the pool, those of the same name that come while it is executing share
   * the next round trip and transaction (and thus `now()`); each sees what those before it did, and fails for itself. Its first
   * value decides the order in which rows are locked. Inside a transaction it means nothing. A text: only what has the same one
   * joins, so that nobody waits for a row that is locked for somebody else.
   */
  joins?: boolean | string;
}

/** Under which a connection knows it. */
export const preparedName = ({ name, preparedAs }: Statement): string => preparedAs ?? name;

/** Runs statements: the pool, or one transaction. Repositories are made from it and cannot tell which it is. */
export interface Queryable {
  rows<Row extends object>(statement: Statement): Promise<Row[]>;
  /** The only row, or undefined. */
  row<Row extends object>(statement: Statement): Promise<Row | undefined>;
  /** The row of a statement that always returns one (INSERT … RETURNING); rejects if it did not. */
  one<Row extends object>(statement: Statement): Promise<Row>;
  /** How many rows the statement changed. */
  execute(statement: Statement): Promise<number>;
}

/** What watches a pool; units are seconds. */
export interface PoolObserver {
  acquired(seconds: number, operation: string): void;
  acquireTimedOut(): void;
  statement(name: string, seconds: number): void;
}
