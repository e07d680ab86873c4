import dns from 'node:dns/promises';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { collect, failureOf } from '../../testing/connector-conformance';
import { openPostgresSource, type PostgresSource } from '../../testing/connector-conformance-postgres';
import { eventually } from '../../testing/eventually';
import { openSession } from '../open';
import { dial, peerOf, resolveHost } from './dial';

const slow = 'SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b';
let source: PostgresSource;
beforeAll(async () => {
  source = await openPostgresSource();
});
afterAll(() => source.close());

it('a name is resolved once, also where a second connection stops the statement', async () => {
  const lookup = jest.spyOn(dns, 'lookup');
  const stop = new AbortController();
  const settings = { ...source.settings, host: 'localhost', tls: { mode: 'prefer' } as const };
  const open = () =>
    openSession('postgres', {
      settings,
      tag: { runId: 'dial', attempt: 1 },
      signal: new AbortController().signal,
    });
  const failed = failureOf(collect(open, { text: slow, signal: stop.signal }), 'cancelled');
  await eventually('the statement runs', async () => (await source.running()).includes(slow));
  stop.abort();
  await failed;
  expect(lookup).toHaveBeenCalledTimes(1);
});

it('a name that cannot be resolved is said to be so', async () => {
  await expect(resolveHost('nowhere.invalid')).rejects.toMatchObject({ code: 'dns_failed' });
});

it('a server whose TLS fails is tried again without, at the same address, where TLS is only preferred', async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    // Promises TLS, and breaks off.
    socket.on('error', () => undefined).once('data', () => socket.end('S'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const addresses = await resolveHost('127.0.0.1');
  const target = { host: 'not-resolved.invalid', port, tls: { mode: 'prefer' } as const, addresses };
  const socket = await dial(target, AbortSignal.timeout(5_000));
  expect(peerOf(target, socket)).toEqual(target);
  await eventually('both connections have come', () => sockets.length === 2);
  socket.destroy();
  for (const one of sockets) one.destroy();
  server.close();
});
