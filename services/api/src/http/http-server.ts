import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { errorCode, LoupeError } from '@loupe/common/errors';
import { bodyOfError } from './error-status';

const SECOND = 1_000;
const IDLE_SWEEP_MS = 50;

export interface HttpServer {
  /** Resolves to the port in use. Rejects with the listening error as Node.js gives it (`EADDRINUSE`). */
  listen: (address: { host: string; port: number }) => Promise<number>;
  /**
   * Takes no new requests and waits for those under way, but not longer than `graceMs`: a client that reads a result
   * slowly, or not at all, must not keep the process alive.
   */
  close: (graceMs: number) => Promise<void>;
}

/** An HTTP server with limits on what a slow or hostile client can hold open. */
export function createHttpServer(application: RequestListener): HttpServer {
  const server = createServer(
    {
      maxHeaderSize: 16 * 1_024,
      headersTimeout: 20 * SECOND,
      requestTimeout: 60 * SECOND,
      // Longer than the minute of common load balancers: the side that opens connections should be the one to close them.
      keepAliveTimeout: 65 * SECOND,
    },
    application,
  );
  server.on('clientError', (error, socket) => refuse(error, socket as Socket));
  return {
    async listen({ host, port }) {
      server.listen(port, host);
      await once(server, 'listening');
      return (server.address() as AddressInfo).port;
    },
    close: (graceMs) => close(server, graceMs),
  };
}

async function close(server: Server, graceMs: number): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  // Node.js closes what idles now, and would then wait out the keep-alive of what becomes idle later.
  const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS);
  const deadline = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(deadline);
}

const refusals: Record<string, { line: string; message: string }> = {
  HPE_HEADER_OVERFLOW: { line: '431 Request Header Fields Too Large', message: 'The headers are too large' },
  ERR_HTTP_REQUEST_TIMEOUT: { line: '408 Request Timeout', message: 'The request took too long to arrive' },
};
const malformed = { line: '400 Bad Request', message: 'The request is not valid HTTP' };

/** What Node.js could not even parse never reaches the application; it is answered in the same shape nonetheless. */
function refuse(error: Error, socket: Socket): void {
  if (!socket.writable || errorCode(error) === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const { line, message } = refusals[errorCode(error) ?? ''] ?? malformed;
  const requestId = randomUUID();
  const body = JSON.stringify(bodyOfError(new LoupeError('invalid', message), requestId));
  socket.end(
    [
      `HTTP/1.1 ${line}`,
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-Id: ${requestId}`,
      'X-Content-Type-Options: nosniff',
      'X-Frame-Options: DENY',
      'Cache-Control: no-store',
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}
