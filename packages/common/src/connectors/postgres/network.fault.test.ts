import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { collect, failureOf } from '../../testing/connector-conformance';
import { openPostgresSource, type PostgresSource } from '../../testing/connector-conformance-postgres';
import { eventually } from '../../testing/eventually';
import { createSessionSource, openSession } from '../open';

const slow = 'SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b';
const cancelRequestBytes = 16;

/** Stands between the connector and the server, and can misbehave as networks do. */
interface Proxy {
  port: number;
  /** Breaks every open connection. */
  cut(): void;
  /** Says nothing more on the connections that are open now, and lets cancel requests get lost. */
  freeze(): void;
  /** Lets nobody in any more. */
  shut(): void;
  close(): void;
}

async function startProxy(target: { host: string; port: number }): Promise<Proxy> {
  const pairs = new Set<[Socket, Socket]>();
  let losesCancels = false;
  const server: Server = createServer((client) => {
    const upstream = connect(target);
    const pair: [Socket, Socket] = [client, upstream];
    pairs.add(pair);
    for (const socket of pair) socket.on('error', () => undefined);
    client
      .on('close', () => upstream.destroy())
      .on('data', (data) => {
        if (!losesCancels || data.length !== cancelRequestBytes) upstream.write(data);
      });
    upstream.on('close', () => client.destroy()).on('data', (data) => client.write(data));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const cut = (): void => pairs.forEach((pair) => pair.forEach((socket) => socket.destroy()));
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    freeze() {
      losesCancels = true;
      for (const [client, upstream] of pairs) {
        // The server’s side stays connected, as it does when packets are dropped somewhere between.
        client.removeAllListeners('close').removeAllListeners('data').resume();
        upstream.removeAllListeners('data').resume();
      }
    },
    shut: () => void server.close(),
    close() {
      cut();
      server.close();
    },
  };
}

let source: PostgresSource;
let proxy: Proxy;

beforeEach(async () => {
  source = await openPostgresSource();
  proxy = await startProxy(source.settings);
});

afterEach(async () => {
  proxy.close();
  await source.close();
});

const open = () =>
  openSession('postgres', {
    settings: { ...source.settings, host: '127.0.0.1', port: proxy.port },
    tag: { runId: 'network', attempt: 1 },
    signal: new AbortController().signal,
  });

const untilItRuns = () =>
  eventually('the statement runs', async () => (await source.running()).includes(slow));

it('a connection that breaks under a statement is lost', async () => {
  const failed = failureOf(collect(open, { text: slow }), 'lost_connection');
  await untilItRuns();
  proxy.cut();
  await failed;
});

it('a server stops by itself when its client is gone', async () => {
  const failed = failureOf(collect(open, { text: slow }), 'lost_connection');
  await untilItRuns();
  proxy.cut();
  await failed;
  await eventually('the statement is gone', async () => (await source.running()).length === 0, 3_000);
});

it('a statement that cannot be cancelled is terminated from another session', async () => {
  const stop = new AbortController();
  const failed = failureOf(collect(open, { text: slow, signal: stop.signal }), 'cancelled');
  await untilItRuns();
  proxy.freeze();
  const begin = performance.now();
  stop.abort();
  expect((await failed).isStopConfirmed).toBe(true);
  expect(await source.running()).toEqual([]);
  expect(performance.now() - begin).toBeLessThan(8_000);
});

it('a server that is out of reach does not keep a cancelled run waiting for ever', async () => {
  const stop = new AbortController();
  const failed = failureOf(collect(open, { text: slow, signal: stop.signal }), 'cancelled');
  await untilItRuns();
  proxy.freeze();
  proxy.shut();
  const begin = performance.now();
  stop.abort();
  expect((await failed).isStopConfirmed).toBe(false);
  expect(performance.now() - begin).toBeLessThan(12_000);
});

describe('a kept connection', () => {
  const identity = { orgId: 'org', datasourceId: 'one', datasourceVersion: 1 };
  const sessions = createSessionSource({ idleMs: 60_000 });
  const openKept = () =>
    sessions.open(identity, 'postgres', {
      settings: { ...source.settings, host: '127.0.0.1', port: proxy.port },
      tag: { runId: 'network', attempt: 1 },
      signal: new AbortController().signal,
    });
  const pid = async () => (await collect(openKept, { text: 'SELECT pg_backend_pid()' })).rows[0]?.[0];
  const untilKept = () =>
    eventually('the connection is kept', () =>
      source.admin(async (client) => {
        const { rows } = await client.query(
          "SELECT 1 FROM pg_stat_activity WHERE usename = $1 AND state = 'idle' AND query LIKE '%setseed%'",
          [source.settings.user],
        );
        return rows.length === 1;
      }),
    );

  afterAll(() => sessions.close());

  it('that breaks is replaced by the next session', async () => {
    const before = await pid();
    await untilKept();
    proxy.cut();
    expect(await pid()).not.toBe(before);
  });

  it('that leads nowhere is replaced before the statement’s time is over', async () => {
    const before = await pid();
    await untilKept();
    proxy.freeze();
    const begin = performance.now();
    expect(await pid()).not.toBe(before);
    expect(performance.now() - begin).toBeLessThan(6_000);
  });

  it('has time for a statement that takes long to plan', async () => {
    await source.admin(async (client) => {
      await client.query(`CREATE FUNCTION known() RETURNS int IMMUTABLE LANGUAGE plpgsql
        AS 'BEGIN PERFORM pg_sleep(4); RETURN pg_backend_pid(); END'`);
    });
    const before = await pid();
    await untilKept();
    expect((await collect(openKept, { text: 'SELECT known()' })).rows).toEqual([[before]]);
  });
});

it('a source that hangs is timed out as any other', async () => {
  const failed = failureOf(collect(open, { text: slow, timeoutSeconds: 1 }), 'timeout');
  await untilItRuns();
  proxy.freeze();
  await failed;
});
