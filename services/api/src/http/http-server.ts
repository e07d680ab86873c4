import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { errorCode, LoupeError } from '@loupe/common/errors';
import type { Refuse } from './refusal';

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
export function createHttpServer(
  application: RequestListener,
  { refuse, stopping }: { refuse: Refuse; stopping: AbortController },
): HttpServer {
  const server = createServer(
    {
      maxHeaderSize: 16 * 1_024,
      headersTimeout: 20 * SECOND,
      requestTimeout: 60 * SECOND,
      // Longer than the minute of common load balancers: the side that opens connections should be the one to close them.
      keepAliveTimeout: 65 * SECOND,
      // The application asks for it, in an answer that clients can read.
      requireHostHeader: false,
    },
    application,
  );
  answerEverything(server, application, refuse);
  return {
    async listen({ host, port }) {
      server.listen(port, host);
      await once(server, 'listening');
      return (server.address() as AddressInfo).port;
    },
    close: (graceMs) => {
      // Whoever waits for something is told how it stands, and may ask another process.
      stopping.abort();
      return close(server, graceMs);
    },
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

const brokenRequests: Record<string, { line: string; message: string }> = {
  HPE_HEADER_OVERFLOW: { line: '431 Request Header Fields Too Large', message: 'The headers are too large' },
  ERR_HTTP_REQUEST_TIMEOUT: { line: '408 Request Timeout', message: 'The request took too long to arrive' },
};
const malformed = { line: '400 Bad Request', message: 'The request is not valid HTTP' };

/** What Node.js would answer itself, or not at all, is answered like everything else. */
function answerEverything(server: Server, application: RequestListener, refuse: Refuse): void {
  const answers = new WeakMap<Duplex, ServerResponse>();
  server.on('request', (req, res) => answers.set(req.socket, res));
  server.on('clientError', (error, connection) => {
    const answer = answers.get(connection);
    const isAnswering = answer?.headersSent === true && !answer.writableFinished;
    if (!connection.writable || isAnswering || errorCode(error) === 'ECONNRESET') {
      connection.destroy();
      return;
    }
    const { line, message } = brokenRequests[errorCode(error) ?? ''] ?? malformed;
    refuse(connection, { line, error: new LoupeError('invalid', message) });
  });
  // Whatever the client expects, it gets the answer to its request.
  server.on('checkExpectation', application);
  server.on('connect', (_req, connection) => {
    refuse(connection, {
      line: '405 Method Not Allowed',
      error: new LoupeError('method_not_allowed', 'This server is no proxy'),
      headers: { Allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' },
    });
  });
}
