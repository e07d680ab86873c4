import { once } from 'node:events';
import { eventually } from '@loupe/common/testing';
import { elapse } from './gates';
import type { Member } from './members';

/**
 * Stops a process's event loop from within, as a long computation would, without a line of its code knowing of it: its
 * sockets fill up, its timers are late, its heart does not beat. Resolves when the loop stands, to when it turns again.
 */
export async function blockLoop(member: Member, seconds: number): Promise<{ over: Promise<unknown> }> {
  member.signal('SIGUSR1');
  const url = await eventually('the inspector listens', () => inspectorOf(member));
  const socket = new WebSocket(url);
  await once(socket, 'open');
  // In a turn of its own, or the answer would come only afterwards.
  const sleep = `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${seconds * 1_000})`;
  const params = { expression: `void setImmediate(() => ${sleep})` };
  const answered = once(socket, 'message', { signal: AbortSignal.timeout(10_000) });
  socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params }));
  await answered;
  socket.close();
  // The inspector would be answered even meanwhile; its own probes are not.
  return { over: elapse(seconds).then(() => member.start()) };
}

async function inspectorOf({ inspectPort }: Member): Promise<string | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${inspectPort}/json/list`);
    const [target] = (await response.json()) as { webSocketDebuggerUrl: string }[];
    return target?.webSocketDebuggerUrl;
  } catch {
    return undefined;
  }
}
