import { readFileSync } from 'node:fs';
import { processIdentity, worksIn } from './process-identity';
import { stopById } from './stop-by-id';

export interface LeftOver {
  /** The server's own file whose first line is its process id. */
  pidFile: string;
  /** The folder that only this server works in: proof that the process is ours. */
  dataFolder: string;
  signal: NodeJS.Signals;
  patience: number;
}

/** Stops a server that survived its start's death. Two servers on one data folder would destroy it. */
export async function stopLeftOver({ pidFile, dataFolder, signal, patience }: LeftOver): Promise<boolean> {
  const pid = firstLine(pidFile);
  if (pid === undefined || !worksIn(pid, dataFolder)) return false;
  const identity = processIdentity(pid);
  if (identity === undefined) return false;
  await stopById({ pid, identity, signal, patience });
  return true;
}

function firstLine(path: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(path, 'utf8'), 10);
    return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}
