import { portalName } from './open-portal';
import { Exchange, type WireConnection } from './wire';

/**
 * Executes the open portal to its end. Not in batches of rows: PostgreSQL uses parallel workers only for a portal
 * that is read in one go, and the socket itself slows the server down when we do.
 */
export class ReadPortal extends Exchange<undefined> {
  constructor(private readonly onRow: (fields: (string | null)[]) => void) {
    super();
  }

  protected send(connection: WireConnection): void {
    connection.execute({ portal: portalName });
    connection.sync();
  }

  override handleDataRow(message: { fields: (string | null)[] }): void {
    this.onRow(message.fields);
  }

  protected result(): undefined {
    return undefined;
  }
}
