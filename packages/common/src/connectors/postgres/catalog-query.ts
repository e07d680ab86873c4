import { Exchange, type WireConnection } from './wire';

/** A statement of our own about the server itself; the result is its rows as arrays of texts. */
export class CatalogQuery extends Exchange<(string | null)[][]> {
  private readonly rows: (string | null)[][] = [];

  constructor(
    private readonly text: string,
    private readonly values: string[],
  ) {
    super();
  }

  protected send(connection: WireConnection): void {
    connection.parse({ text: this.text });
    connection.bind({ values: this.values });
    connection.execute({});
    connection.sync();
  }

  override handleDataRow(message: { fields: (string | null)[] }): void {
    this.rows.push(message.fields);
  }

  protected result(): (string | null)[][] {
    return this.rows;
  }
}
