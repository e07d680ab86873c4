import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync, realpathSync } from 'node:fs';

const LINUX = process.platform === 'linux';

/**
 * Names one process for good. A process id alone does not: after a crash or a reboot the system hands the same
 * number to somebody else, who must neither keep our lock nor receive our signals. Undefined: no such process.
 */
export function processIdentity(pid: number): string | undefined {
  return LINUX ? linuxIdentity(pid) : psColumn(pid, 'lstart');
}

function linuxIdentity(pid: number): string | undefined {
  const stat = readOrUndefined(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The command's name stands in brackets and may itself hold spaces and brackets: count from the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTime] = [fields[0], fields[19]];
  if (state === 'Z' || state === 'X') return undefined;
  const boot = readOrUndefined('/proc/sys/kernel/random/boot_id') ?? '';
  return `${boot.trim()}:${startTime}`;
}

/** Whether `pid` works in `folder`. PostgreSQL and Redis both change into their data folder and stay there. */
export function worksIn(pid: number, folder: string): boolean {
  if (!LINUX) return psColumn(pid, 'command')?.includes(folder) ?? false;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(folder);
  } catch {
    return false;
  }
}

function psColumn(pid: number, column: string): string | undefined {
  const { stdout, status } = spawnSync('ps', ['-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' });
  return status === 0 && stdout.trim() !== '' ? stdout.trim() : undefined;
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
