import { setTimeout as delay } from 'node:timers/promises';
import { dial, type Target } from './dial';

/** How long a statement may take to stop on request before its connection is cut. */
const patienceMs = 5_000;
const repeatMs = 200;

export interface Backend {
  processId: number;
  secretKey: number;
}

/** Asks the server, over a connection of its own, to cancel what the backend executes; without waiting for that. */
async function requestCancel(target: Target, backend: Backend, signal: AbortSignal): Promise<void> {
  const message = Buffer.alloc(16);
  message.writeInt32BE(message.length, 0);
  message.writeInt32BE(80_877_102, 4);
  message.writeInt32BE(backend.processId, 8);
  message.writeInt32BE(backend.secretKey, 12);
  const socket = await dial(target, signal);
  // The server answers nothing and closes; what the socket itself has to say changes nothing.
  socket.on('error', () => undefined).resume();
  socket.end(message);
}

export interface Stoppable {
  target: Target;
  backend: Backend;
  /** Settles, either way, when the server has confirmed that the statement is over. */
  settled: Promise<unknown>;
  /** Cuts the connection. */
  cut: () => void;
  /** Ends the backend from outside, where the role may. */
  terminate: () => Promise<void>;
}

/**
 * Stops a statement and waits for the confirmation: cancel requests, repeated because one that overtakes the
 * statement on its way to the server is lost; after 5 s the connection is cut and the backend terminated.
 * Never throws. False when the server
 * neither confirmed that nor could be asked to terminate the backend.
 */
export async function stopStatement({
  target,
  backend,
  settled,
  cut,
  terminate,
}: Stoppable): Promise<boolean> {
  const over = new AbortController();
  const confirmed = settled.catch(() => undefined).then(() => over.abort());
  const deadline = AbortSignal.any([over.signal, AbortSignal.timeout(patienceMs)]);
  while (!deadline.aborted) {
    // A server that cannot be reached now is tried again until the deadline.
    await requestCancel(target, backend, deadline).catch(() => undefined);
    await delay(repeatMs, undefined, { signal: deadline }).catch(() => undefined);
  }
  if (over.signal.aborted) return true;
  cut();
  const isTerminated = await terminate().then(
    () => true,
    () => false,
  );
  await confirmed;
  return isTerminated;
}
