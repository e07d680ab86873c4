import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { errorCode } from '../../errors';
import { connectFailure, type ConnectorError } from '../connector-error';
import type { PostgresSettings, TlsSettings } from './settings';

/** A server and what its name was resolved to: the one place where addresses can be judged before a packet is sent. */
export interface Target extends Pick<PostgresSettings, 'host' | 'port' | 'tls'> {
  addresses: readonly LookupAddress[];
}

const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const yes = 'S'.charCodeAt(0);
const no = 'N'.charCodeAt(0);

/** Settles with the event's value, or fails when the socket fails or the signal aborts; the socket is then gone. */
function eventOf<T>(socket: Socket, event: string, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => finish(() => reject(signal.reason as Error));
    const onError = (error: Error): void => finish(() => reject(error));
    const onClose = (): void => finish(() => reject(new Error('the socket was closed')));
    const onEvent = (value: T): void => finish(() => resolve(value), true);
    const finish = (settle: () => void, keep = false): void => {
      signal.removeEventListener('abort', onAbort);
      socket.off('error', onError).off('close', onClose).off(event, onEvent);
      if (!keep) socket.on('error', () => undefined).destroy();
      settle();
    };
    socket.on('error', onError).on('close', onClose).on(event, onEvent);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });
}

const resolutionFailures = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'EAI_NONAME',
  'ENODATA',
]);

/** Why dialling failed, in the few words that a user may read. An abort is told apart by its caller. */
function dialFailure(cause: unknown): ConnectorError {
  const code = errorCode(cause) ?? '';
  if (resolutionFailures.has(code)) return connectFailure('dns_failed', { cause });
  return connectFailure(code === 'ETIMEDOUT' ? 'timeout' : 'refused', { cause });
}

/**
 * The addresses of a host. Asked once for a connection and all that belongs to it; nothing resolves the name again.
 *
 * @throws ConnectorError
 */
export async function resolveHost(host: string): Promise<LookupAddress[]> {
  const family = isIP(host);
  if (family !== 0) return [{ address: host, family }];
  try {
    return await lookup(host, { all: true });
  } catch (error) {
    throw dialFailure(error);
  }
}

/** The very server at the other end, of the several that a name may stand for. */
export function peerOf<T extends Target>(target: T, { remoteAddress: address }: Socket): T {
  return address === undefined ? target : { ...target, addresses: [{ address, family: isIP(address) }] };
}

async function connectTcp({ host, port, addresses }: Target, signal: AbortSignal): Promise<Socket> {
  try {
    const socket = connect({
      host,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 10_000,
      autoSelectFamily: true,
      lookup: (_host, _options, callback) => callback(null, [...addresses]),
    });
    await eventOf(socket, 'connect', signal);
    return socket;
  } catch (error) {
    throw signal.aborted ? error : dialFailure(error);
  }
}

function tlsOptions({ host, tls }: Target, socket: Socket): ConnectionOptions {
  return {
    socket,
    host,
    // Server names are names: RFC 6066 allows no addresses.
    ...(isIP(host) === 0 && { servername: host }),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: tls.mode === 'verify-ca' || tls.mode === 'verify-full',
    // verify-ca trusts any certificate of its authority, whatever its name.
    ...(tls.mode === 'verify-ca' && { checkServerIdentity: () => undefined }),
    ...(tls.ca !== undefined && { ca: tls.ca }),
    ...(tls.cert !== undefined && { cert: tls.cert, key: tls.key }),
  };
}

const tlsFailure = (cause: unknown): ConnectorError => connectFailure('tls_failed', { cause });

async function encrypt(target: Target, socket: Socket, signal: AbortSignal): Promise<Socket> {
  try {
    const encrypted = connectTls(tlsOptions(target, socket));
    await eventOf(encrypted, 'secureConnect', signal);
    return encrypted;
  } catch (error) {
    socket.destroy();
    throw signal.aborted ? error : tlsFailure(error);
  }
}

/** Asks the server for TLS as the protocol prescribes. Undefined: it speaks none, and the socket can go on without. */
async function negotiate(target: Target, socket: Socket, signal: AbortSignal): Promise<Socket | undefined> {
  socket.write(sslRequest);
  let answer: Buffer;
  try {
    answer = await eventOf<Buffer>(socket, 'data', signal);
  } catch (error) {
    throw signal.aborted ? error : connectFailure('refused', { cause: error });
  }
  // More than one byte would be text that somebody slipped in ahead of the encryption (CVE-2021-23222).
  if (answer.length === 1 && answer[0] === yes) return encrypt(target, socket, signal);
  if (answer.length === 1 && answer[0] === no) return undefined;
  socket.destroy();
  throw tlsFailure(new Error('unexpected answer to the request for TLS'));
}

const withoutTls = (tls: TlsSettings): TlsSettings => ({ ...tls, mode: 'disable' });

/**
 * A connected socket to the server, encrypted as the settings ask.
 *
 * @throws ConnectorError, or the signal's reason when it aborts first
 */
export async function dial(target: Target, signal: AbortSignal): Promise<Socket> {
  const { mode } = target.tls;
  const socket = await connectTcp(target, signal);
  if (mode === 'disable') return socket;
  try {
    const encrypted = await negotiate(target, socket, signal);
    if (encrypted) return encrypted;
  } catch (error) {
    if (mode !== 'prefer' || signal.aborted) throw error;
    return dial({ ...target, tls: withoutTls(target.tls) }, signal);
  }
  if (mode === 'prefer') return socket;
  socket.destroy();
  throw tlsFailure(new Error('the server does not offer TLS'));
}
