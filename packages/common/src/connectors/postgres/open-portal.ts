import { Exchange, type WireConnection, type WireField } from './wire';

/** The user's statement, and the number of its transaction's first settings. */
export interface PortalRequest {
  text: string;
  values: (string | null)[];
  /** Object ids of the values' types; 0 or nothing lets the server infer them. */
  types: number[];
  /** Settings of this transaction, by name. */
  settings: Record<string, string>;
  /** Whether an earlier attempt left a failed transaction behind. */
  rollBackFirst: boolean;
}

export const portalName = 'loupe';

/** Undefined: the statement returns no rows at all. */
export type PortalColumns = WireField[] | undefined;

/**
 * Begins the read-only transaction and opens the user's statement as a portal in it, without executing it, in
 * one round trip. The settings are made by a SELECT, which takes the transaction's snapshot: after that,
 * `SET TRANSACTION READ WRITE` is an error.
 */
export class OpenPortal extends Exchange<PortalColumns> {
  private columns: PortalColumns;
  private ownStatements = 0;
  private bound = 0;
  private completed = 0;
  private connection: WireConnection | undefined;

  /** `onAnswer`: called when the server has begun the transaction, which it then says before it looks at the text. */
  constructor(
    private readonly request: PortalRequest,
    private readonly onAnswer?: () => void,
  ) {
    super();
  }

  /** Whether the server accepted text and values, so that an error came after both. */
  get isBound(): boolean {
    return this.bound > this.ownStatements;
  }

  /** Whether the transaction began with all its settings, so that an error came after that. */
  get isBegun(): boolean {
    return this.completed === this.ownStatements;
  }

  protected send(connection: WireConnection): void {
    const { text, types, values, settings, rollBackFirst } = this.request;
    this.connection = connection;
    connection.on('bindComplete', this.onBound);
    if (rollBackFirst) this.own('ROLLBACK', []);
    this.own('BEGIN TRANSACTION READ ONLY', []);
    if (this.onAnswer) connection.flush();
    const names = Object.keys(settings);
    const calls = names.map((_, n) => `pg_catalog.set_config($${2 * n + 1}, $${2 * n + 2}, true)`);
    this.own(`SELECT ${calls.join(', ')}`, Object.entries(settings).flat());
    connection.parse({ text, types });
    connection.bind({ portal: portalName, values });
    connection.describe({ type: 'P', name: portalName });
    connection.sync();
  }

  private own(text: string, values: string[]): void {
    this.ownStatements += 1;
    this.connection?.parse({ text });
    this.connection?.bind({ values });
    this.connection?.execute({});
  }

  private readonly onBound = (): void => {
    this.bound += 1;
  };

  override handleCommandComplete(): void {
    this.completed += 1;
    this.onAnswer?.();
  }

  override handleRowDescription(message: { fields: WireField[] }): void {
    this.columns = message.fields;
  }

  protected override ended(): void {
    this.connection?.off('bindComplete', this.onBound);
  }

  protected result(): PortalColumns {
    return this.columns;
  }
}
