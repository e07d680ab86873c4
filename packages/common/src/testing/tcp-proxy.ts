import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands before a server, so that a test can take that server away, and lose what is said on the way. */
export interface TcpProxy {
  port: number;
  /** `url`, led through the proxy. */
  lead(url: string): string;
  /** Breaks every connection and refuses new ones. */
  cut(): Promise<void>;
  restore(): Promise<void>;
  /** From now on the server hears everything and its answers are lost. */
  loseAnswers(): void;
  /** From now on nothing passes in either direction, and new connections stay unanswered. */
  freeze(): void;
  /** Breaks every connection; new ones work again. */
  breakAll(): void;
  close(): Promise<void>;
}

interface Traffic {
  lost: 'nothing' | 'answers' | 'everything';
  sockets: Set<Socket>;
}

/** @param targetUrl names the server's host and port */
export async function startTcpProxy(targetUrl: string): Promise<TcpProxy> {
  const { hostname, port: targetPort } = new URL(targetUrl);
  const traffic: Traffic = { lost: 'nothing', sockets: new Set() };
  const server = createServer((client) => pair(traffic, client, connect(Number(targetPort), hostname)));
  const listen = async (at: number): Promise<number> => {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const breakAll = (): void => {
    traffic.lost = 'nothing';
    for (const socket of traffic.sockets) socket.destroy();
  };
  const cut = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    breakAll();
    await closed;
  };
  const port = await listen(0);
  return {
    port,
    lead(url) {
      const led = new URL(url);
      led.host = `127.0.0.1:${port}`;
      return led.href;
    },
    cut,
    restore: async () => void (await listen(port)),
    loseAnswers: () => void (traffic.lost = 'answers'),
    freeze: () => void (traffic.lost = 'everything'),
    breakAll,
    close: () => (server.listening ? cut() : Promise.resolve()),
  };
}

function pair(traffic: Traffic, client: Socket, upstream: Socket): void {
  for (const socket of [client, upstream]) {
    traffic.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      traffic.sockets.delete(socket);
      client.destroy();
      upstream.destroy();
    });
  }
  client.on('data', (piece: Buffer) => traffic.lost === 'everything' || upstream.write(piece));
  upstream.on('data', (piece: Buffer) => traffic.lost !== 'nothing' || client.write(piece));
}
