import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface ApiRequest {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  body?: object;
  waitSeconds?: number;
}

/** HTTP on kept connections with as little work of our own as can be: client and server share the machine's cores. */
export interface KeepAliveClient {
  /** The answer's body. Rejects for a status outside 2xx. `waitSeconds`: it may be held back until the run has ended. */
  send(request: ApiRequest): Promise<string>;
  close(): void;
}

/** @param url up to and including `/api/v1` */
export function createKeepAliveClient(url: string, token: string): KeepAliveClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const { hostname, port, pathname } = new URL(url);
  const authorization = `Bearer ${token}`;
  return {
    send({ method, path, body, waitSeconds }) {
      const payload = body === undefined ? undefined : JSON.stringify(body);
      const headers = {
        authorization,
        ...(waitSeconds !== undefined && { prefer: `wait=${waitSeconds}` }),
        ...(payload !== undefined && {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(payload),
        }),
      };
      return new Promise((resolve, reject) => {
        const sent = request(
          { agent, hostname, port, method, path: pathname + path, headers },
          (response) => {
            text(response).then((answer) => {
              const status = response.statusCode ?? 0;
              if (status >= 200 && status < 300) resolve(answer);
              else reject(new Error(`${method} ${path}: ${status} ${answer}`));
            }, reject);
          },
        );
        sent.once('error', reject);
        sent.end(payload);
      });
    },
    close: () => {
      agent.destroy();
    },
  };
}
