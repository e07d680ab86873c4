import autocannon from 'autocannon';
import { cpuOf } from '../runs/cpu-time';
import type { Server } from './servers';

/** Requests that one server has under way at a time. */
export const connections = 16;

/** One server, one path, one turn. */
export interface Figures {
  requestsPerSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  /** CPU milliseconds a request: of the server, and of PostgreSQL. */
  cpu: number;
  postgresCpu: number;
}

export interface Asked {
  path: string;
  token: string;
  seconds: number;
  postgresPid: number;
}

/** As many requests as a server answers, each sent as soon as the one before is answered. Throws for an answer other than 2xx. */
export async function measure(
  server: Server,
  { path, token, seconds, postgresPid }: Asked,
): Promise<Figures> {
  const before = { own: cpuOf(server.pid), postgres: cpuOf(postgresPid, true) };
  const result = await autocannon({
    ...{ url: server.url + path, connections, duration: seconds },
    headers: { authorization: `Bearer ${token}` },
  });
  const { total, average } = result.requests;
  if (result['2xx'] !== total || result.errors > 0) {
    throw new Error(`${server.name} did not answer every request of ${path} with 2xx`);
  }
  const perRequest = (cpuSeconds: number): number => (cpuSeconds * 1_000) / total;
  return {
    requestsPerSecond: average,
    ...{ p50: result.latency.p50, p99: result.latency.p99 },
    cpu: perRequest(cpuOf(server.pid) - before.own),
    postgresCpu: perRequest(cpuOf(postgresPid, true) - before.postgres),
  };
}
