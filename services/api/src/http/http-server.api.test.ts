import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createHttpServer } from './http-server';
import { createRefuse } from './refusal';

const refuse = createRefuse({ cspMode: 'strict', enableHsts: false, corsAllowedOrigins: undefined });
const parts = () => ({ refuse, stopping: new AbortController() });

async function request(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  return socket;
}

/** A server whose answers wait for `release`, and a request that it has begun. */
async function serverWithRequest() {
  const gate = Promise.withResolvers<undefined>();
  const begun = Promise.withResolvers<undefined>();
  const server = createHttpServer((_req, res) => {
    begun.resolve(undefined);
    void gate.promise.then(() => res.end('done'));
  }, parts());
  const port = await server.listen({ host: '127.0.0.1', port: 0 });
  const socket = await request(port);
  await begun.promise;
  return { server, socket, port, release: () => gate.resolve(undefined) };
}

describe('closing the server', () => {
  it('waits for a request under way and then not for its idle connection', async () => {
    const { server, socket, release } = await serverWithRequest();
    const closed = server.close(20_000);
    const answered = once(socket, 'data') as Promise<[Buffer]>;
    release();
    expect((await answered)[0].toString()).toContain('done');
    await closed;
  });

  it('takes no new connections', async () => {
    const { server, port, release } = await serverWithRequest();
    const closed = server.close(20_000);
    await expect(request(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    release();
    await closed;
  });

  it('gives up on a request that does not end in time', async () => {
    const { server, socket, release } = await serverWithRequest();
    const broken = once(socket, 'close');
    await server.close(100);
    await broken;
    release();
  });

  it('rejects when the port is taken', async () => {
    const { server, port, release } = await serverWithRequest();
    const second = createHttpServer(() => undefined, parts());
    await expect(second.listen({ host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    release();
    await server.close(1_000);
  });
});
