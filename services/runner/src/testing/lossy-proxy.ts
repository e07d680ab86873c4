import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands before a server and loses what it is told to lose, as networks do. */
export interface LossyProxy {
  port: number;
  /** `url`, led through the proxy. */
  lead(url: string): string;
  /** From now on the server hears everything and its answers are lost. */
  loseAnswers(): void;
  /** From now on nothing passes in either direction, and new connections stay unanswered. */
  freeze(): void;
  /** Breaks every connection; new ones work again. */
  breakAll(): void;
  close(): Promise<void>;
}

type Loss = 'nothing' | 'answers' | 'everything';

/** @param targetUrl names the server's host and port. */
export async function startLossyProxy(targetUrl: string): Promise<LossyProxy> {
  const { hostname, port } = new URL(targetUrl);
  const pairs = new Set<Socket>();
  let loss: Loss = 'nothing';
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      pairs.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        pairs.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (piece: Buffer) => loss === 'everything' || upstream.write(piece));
    upstream.on('data', (piece: Buffer) => loss !== 'nothing' || client.write(piece));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const own = (server.address() as AddressInfo).port;
  const breakAll = (): void => {
    loss = 'nothing';
    for (const socket of pairs) socket.destroy();
  };
  return {
    port: own,
    lead(url) {
      const led = new URL(url);
      led.host = `127.0.0.1:${own}`;
      return led.href;
    },
    loseAnswers: () => void (loss = 'answers'),
    freeze: () => void (loss = 'everything'),
    breakAll,
    async close() {
      const closed = once(server, 'close');
      server.close();
      breakAll();
      await closed;
    },
  };
}
