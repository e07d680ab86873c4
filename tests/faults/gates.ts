import { type PostgresSource, eventually } from '@loupe/common/testing';

/**
 * Statements that execute for exactly as long as a test wants, and cost nothing meanwhile: they wait in their source
 * until their gate is opened.
 */
export interface Gates {
  /** The statement that waits for the gate, which is closed. */
  statement(gate: number): string;
  open(gate: number): Promise<void>;
}

export async function buildGates(source: PostgresSource): Promise<Gates> {
  await source.admin(async (client) => {
    await client.query('CREATE TABLE IF NOT EXISTS open_gates (gate integer PRIMARY KEY)');
    await client.query('GRANT SELECT ON open_gates TO PUBLIC');
    await client.query(`
      CREATE OR REPLACE FUNCTION pass_gate(wanted integer) RETURNS integer LANGUAGE plpgsql VOLATILE AS $$ BEGIN
        WHILE NOT EXISTS (SELECT FROM public.open_gates WHERE gate = wanted) LOOP
          PERFORM pg_catalog.pg_sleep(0.05);
        END LOOP;
        RETURN wanted;
      END $$`);
  });
  return {
    statement: (gate) => `SELECT pass_gate(${gate})`,
    open: (gate) =>
      source.admin(async (client) => {
        await client.query('INSERT INTO open_gates VALUES ($1) ON CONFLICT DO NOTHING', [gate]);
      }),
  };
}

/** Resolves when so many seconds have passed: how long a fault lasts is part of the fault. */
export async function elapse(seconds: number): Promise<void> {
  const until = performance.now() + seconds * 1_000;
  await eventually(`${seconds} s pass`, () => performance.now() >= until, seconds * 1_000 + 10_000);
}
