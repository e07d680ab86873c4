import { randomInt } from 'node:crypto';
import { Exchange, type Wire, type WireConnection } from './wire';

/**
 * Extensions that keep state in the session which DISCARD ALL does not know: open connections to elsewhere,
 * hypothetical indexes, variables.
 */
const statefulExtensions = ['dblink', 'hypopg', 'orafce', 'pg_variables', 'plv8', 'session_variable'];

/** Languages without variables that outlive a call; others have interpreters with global ones (%_SHARED, GD). */
const statelessLanguages = ['internal', 'c', 'sql', 'plpgsql'];

// setseed, too, outlives DISCARD ALL: whoever calls it would know what random() gives to the next.
const askState = `
SELECT (EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = ANY ($2::pg_catalog.text[]))
  OR EXISTS (SELECT FROM pg_catalog.pg_language WHERE lanname <> ALL ($3::pg_catalog.text[])))::pg_catalog.text,
  pg_catalog.setseed($1::pg_catalog.float8)`;

const listOf = (names: readonly string[]): string => `{${names.join(',')}}`;
const seedSteps = 2 ** 40;
const newSeed = (): string => String(randomInt(-seedSteps, seedSteps) / seedSteps);

/**
 * Takes from the server's side of a connection whatever a statement may have left there. Resolves with whether that
 * is certain: not where the database holds extensions or languages that remember things by themselves.
 */
export async function resetConnection(wire: Wire): Promise<boolean> {
  const reset = new Reset();
  wire.submit(reset);
  return reset.done;
}

/** One round trip. A server that refuses a step executes none of those after it, and the whole has failed. */
class Reset extends Exchange<boolean> {
  private answer: string | null | undefined;

  protected send(connection: WireConnection): void {
    // A server takes DISCARD ALL in a series of messages only as the first after the end of a transaction.
    for (const text of ['ROLLBACK', 'DISCARD ALL']) {
      connection.parse({ text });
      connection.bind({});
      connection.execute({});
    }
    connection.parse({ text: askState });
    connection.bind({ values: [newSeed(), listOf(statefulExtensions), listOf(statelessLanguages)] });
    connection.execute({});
    connection.sync();
  }

  override handleDataRow({ fields: [answer] }: { fields: (string | null)[] }): void {
    this.answer = answer;
  }

  protected result(): boolean {
    return this.answer === 'false';
  }
}
