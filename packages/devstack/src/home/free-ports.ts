import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { errorCode } from '@loupe/common/errors';
import { startProblem } from '../screen/start-problem';

const LOOPBACK = '127.0.0.1';

/** For each name a free port: the one it had last time if that is still free, so that addresses stay put. */
export async function choosePorts<Name extends string>(
  names: readonly Name[],
  lastTime: Partial<Record<Name, number>>,
): Promise<Record<Name, number>> {
  const held: Server[] = [];
  const ports: [Name, number][] = [];
  try {
    // All of them are held until the last is found, so no port is given out twice.
    for (const name of names) {
      const server = (await tryListen(LOOPBACK, lastTime[name] ?? 0)) ?? (await listen(LOOPBACK, 0));
      held.push(server);
      ports.push([name, portOf(server)]);
    }
  } finally {
    await Promise.all(held.map(close));
  }
  return Object.fromEntries(ports) as Record<Name, number>;
}

/** The API's address is the user's choice: if it cannot be had, that is for the user to decide. */
export async function requirePort(host: string, port: number): Promise<void> {
  try {
    await close(await listen(host, port));
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EADDRINUSE') {
      throw startProblem(
        `Port ${port} on ${host} is taken by another program: stop it, or choose another one, as in API_PORT=${port + 1} npm start.`,
        error,
      );
    }
    if (code === 'EACCES') {
      throw startProblem(`This user may not open port ${port}: choose one above 1023 with API_PORT.`, error);
    }
    throw startProblem(`The API cannot listen on ${host}:${port}: check API_HOST and API_PORT.`, error);
  }
}

async function tryListen(host: string, port: number): Promise<Server | undefined> {
  try {
    return await listen(host, port);
  } catch {
    return undefined;
  }
}

async function listen(host: string, port: number): Promise<Server> {
  const server = createServer();
  server.listen({ host, port, exclusive: true });
  await once(server, 'listening');
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a listening TCP server has a port');
  return address.port;
}

const close = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
