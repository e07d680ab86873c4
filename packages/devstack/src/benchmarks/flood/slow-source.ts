import { withSession } from '../../postgres/session';

/** Milliseconds that a statement takes. */
export const statementMs = 200;

/**
 * A view whose one row takes its time, asleep: statements that computed for as long would share the cores with what is measured,
 * and take longer the more of them there are.
 */
export const createSlowSource = (url: string): Promise<unknown> =>
  withSession(url, (client) =>
    client.query(`CREATE VIEW slow AS SELECT FROM pg_sleep(${statementMs / 1_000})`),
  );

export const slowNumber = (number: number): string => `SELECT ${number} AS n FROM slow`;
