import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { RunningProcess } from '../process/running-process';

/**
 * Ends the servers when this process is gone, however it went: a killed test run would leave them behind for good,
 * because the next one works in another folder and cannot know of them. The shell waits for the end of its input,
 * which the system brings about when the last writer dies.
 */
export function tieToThisProcess(servers: readonly Pick<RunningProcess, 'pid'>[]): { cut(): void } {
  const script = 'read -r _; kill -INT "$@"';
  const pids = servers.map(({ pid }) => String(pid));
  const guard = spawn('/bin/sh', ['-c', script, 'sh', ...pids], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.unref();
  // A child's standard input is a socket, which by itself would keep this process alive.
  (guard.stdin as Socket).unref();
  return { cut: () => void guard.kill('SIGKILL') };
}
