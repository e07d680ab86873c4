import type { Socket } from 'node:net';
import { Client, type ClientConfig } from 'pg';
import { connectFailure } from '../connector-error';
import type { SourceConnection } from '../connection';
import type { OpenOptions } from '../session';
import { sessionError } from './classify';
import { dial, peerOf, resolveHost, type Target } from './dial';
import { cancelledError } from './halt';
import { PostgresConnection } from './postgres-connection';
import type { PostgresSettings } from './settings';
import { isServerError, type Submission, type Wire } from './wire';

const defaultConnectTimeoutMs = 10_000;

/** What holds from the first moment of a session, and what the encodings of results rely on. */
const sessionSettings: Readonly<Record<string, string>> = {
  default_transaction_read_only: 'on',
  lock_timeout: '2s',
  idle_in_transaction_session_timeout: '10s',
  TimeZone: 'UTC',
  DateStyle: 'ISO',
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  standard_conforming_strings: 'on',
};

const startupOptions = Object.entries(sessionSettings)
  .map(([name, value]) => `-c ${name}=${value}`)
  .join(' ');

/** Our socket is connected and encrypted already; node-postgres connects what it is given. */
function adopt(socket: Socket): Socket {
  socket.connect = () => {
    process.nextTick(() => socket.emit('connect'));
    return socket;
  };
  return socket;
}

// Every field that node-postgres would else take from a PG* variable of this process is given. The name says nothing
// of a run: it is what RESET returns to, and the connection may serve more than one.
function clientConfig(settings: PostgresSettings, socket: Socket): ClientConfig {
  return {
    host: settings.host,
    port: settings.port,
    user: settings.user,
    database: settings.database,
    // A function, for an empty password would be looked up in PGPASSWORD and in ~/.pgpass.
    password: () => settings.password ?? '',
    ssl: false,
    sslnegotiation: 'postgres',
    client_encoding: 'UTF8',
    application_name: 'loupe',
    options: startupOptions,
    stream: () => adopt(socket),
  };
}

/** Members of node-postgres's client that its types leave out. */
interface ClientInternals {
  processID: number | null;
  secretKey: number | null;
  connectionParameters: { replication?: unknown };
  connection: NodeJS.EventEmitter;
}

function wireOf(
  client: Client,
  socket: Socket,
): Wire & { backend: () => { processId: number; secretKey: number } } {
  const internals = client as unknown as ClientInternals;
  // PGREPLICATION would make this a replication connection.
  internals.connectionParameters.replication = undefined;
  let serverVersion = 0;
  internals.connection.on('parameterStatus', (message: { parameterName: string; parameterValue: string }) => {
    if (message.parameterName === 'server_version')
      serverVersion = Number.parseFloat(message.parameterValue) || 0;
  });
  // A connection that breaks fails what is under way; without a listener it would also end the process.
  client.on('error', () => undefined);
  return {
    socket,
    get serverVersion() {
      return serverVersion;
    },
    submit: (exchange: Submission) => void client.query(exchange as never),
    backend: () => ({ processId: internals.processID ?? 0, secretKey: internals.secretKey ?? 0 }),
  };
}

async function connectClient(client: Client, socket: Socket, limit: AbortSignal): Promise<void> {
  const onAbort = (): void => void socket.destroy();
  limit.addEventListener('abort', onAbort);
  try {
    if (limit.aborted) onAbort();
    await client.connect();
  } catch (error) {
    // The server is still there, so what failed is our own half of the authentication: there is no password.
    const isOurs = !socket.destroyed && !isServerError(error);
    socket.destroy();
    if (limit.aborted) throw limit.reason;
    throw isOurs ? connectFailure('auth_failed', { cause: error }) : sessionError(error);
  } finally {
    limit.removeEventListener('abort', onAbort);
  }
}

/**
 * A connection to a PostgreSQL server.
 *
 * @throws ConnectorError: `cancelled` when the caller's signal was aborted, else why there is no connection
 */
export const connectPostgres = (options: OpenOptions<PostgresSettings>): Promise<SourceConnection> =>
  connect(options);

/** @param addresses of the server, where its name has been resolved already */
async function connect(
  options: OpenOptions<PostgresSettings>,
  addresses?: Target['addresses'],
): Promise<SourceConnection> {
  const { settings, signal } = options;
  const timeout = AbortSignal.timeout(options.connectTimeoutMs ?? defaultConnectTimeoutMs);
  const limit = AbortSignal.any([signal, timeout]);
  const begin = performance.now();
  try {
    const target = { ...settings, addresses: addresses ?? (await resolveHost(settings.host)) };
    const socket = await dial(target, limit);
    const peer = peerOf(target, socket);
    const client = new Client(clientConfig(settings, socket));
    const wire = wireOf(client, socket);
    await connectClient(client, socket, limit);
    return new PostgresConnection({
      settings,
      wire,
      backend: wire.backend(),
      connectMs: performance.now() - begin,
      end: () => client.end(),
      target: peer,
      connect: (others) => connect(others, peer.addresses),
    });
  } catch (error) {
    if (signal.aborted) throw cancelledError(signal.reason);
    throw timeout.aborted ? connectFailure('timeout', { cause: error }) : error;
  }
}
