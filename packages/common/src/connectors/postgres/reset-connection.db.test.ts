import type { Client } from 'pg';
import { openPostgresSource, type PostgresSource } from '../../testing/connector-conformance-postgres';
import { resetConnection } from './reset-connection';
import type { Wire } from './wire';

let source: PostgresSource;

beforeAll(async () => {
  source = await openPostgresSource();
});

afterAll(() => source.close());

/** The driver's connection, as far as a reset needs it. */
const wireOf = (client: Client): Wire => ({
  socket: (client as unknown as { connection: { stream: Wire['socket'] } }).connection.stream,
  serverVersion: 0,
  submit: (exchange) => void client.query(exchange as never),
});

const remains = `SELECT current_user::text AS "user", session_user::text AS login, current_setting('work_mem') AS work_mem,
  coalesce(current_setting('my.note', true), '') AS note, current_setting('search_path') AS path,
  (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks,
  (SELECT count(*)::int FROM pg_prepared_statements) AS prepared, (SELECT count(*)::int FROM pg_cursors WHERE name <> '') AS cursors,
  (SELECT count(*)::int FROM pg_listening_channels()) AS channels, to_regclass('pg_temp.left_behind') AS temporary,
  now() = statement_timestamp() AS is_alone`;

describe('resetting a connection', () => {
  it('takes away everything that a session can hold', async () => {
    await source.admin(async (client) => {
      const look = async (): Promise<unknown> => (await client.query(remains)).rows[0];
      const before = await look();
      for (const text of [
        `SET SESSION AUTHORIZATION ${source.settings.user}`,
        "SET work_mem = '7MB'",
        "SET my.note = 'for the next one'",
        'SET search_path = nowhere',
        'SELECT pg_advisory_lock(1), pg_advisory_lock_shared(2)',
        'PREPARE left_behind AS SELECT 1',
        'LISTEN left_behind',
        'CREATE TEMPORARY TABLE left_behind (a int)',
        'BEGIN',
        'DECLARE left_behind CURSOR WITH HOLD FOR SELECT 1',
        'COMMIT',
        'BEGIN',
        'SELECT pg_advisory_xact_lock(3)',
      ]) {
        await client.query(text);
      }
      expect(await look()).toMatchObject({
        user: source.settings.user,
        ...{ login: source.settings.user, work_mem: '7MB', note: 'for the next one', path: 'nowhere' },
        ...{ locks: 3, prepared: 1, cursors: 1, channels: 1, temporary: 'left_behind' },
      });
      expect(await resetConnection(wireOf(client))).toBe(true);
      expect(await look()).toEqual(before);
    });
  });

  it('gives back the role that SET ROLE took, also out of a failed transaction', async () => {
    await source.admin(async (client) => {
      await client.query(`SET ROLE ${source.settings.user}`);
      await client.query('BEGIN');
      await expect(client.query('SELECT 1/0')).rejects.toThrow();
      expect(await resetConnection(wireOf(client))).toBe(true);
      const { rows } = await client.query('SELECT current_user = session_user AS is_own');
      expect(rows).toEqual([{ is_own: true }]);
    });
  });

  it('leaves nobody a say in the random numbers of the next', async () => {
    await source.admin(async (client) => {
      const drawn = async (): Promise<string> => {
        await client.query('SELECT setseed(0.5)');
        await resetConnection(wireOf(client));
        return (await client.query<{ n: string }>('SELECT random()::text AS n')).rows[0]!.n;
      };
      expect(await drawn()).not.toBe(await drawn());
    });
  });

  it('is not certain where a language remembers things by itself', async () => {
    await source.admin(async (client) => {
      await client.query('CREATE LANGUAGE remembering HANDLER plpgsql_call_handler');
      expect(await resetConnection(wireOf(client))).toBe(false);
      await client.query('DROP LANGUAGE remembering');
      expect(await resetConnection(wireOf(client))).toBe(true);
    });
  });
});
