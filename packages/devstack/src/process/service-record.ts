import { readPrivateJson, writePrivateJson } from '../home/private-file';
import { processIdentity } from './process-identity';
import { stopById } from './stop-by-id';

interface Entry {
  pid: number;
  identity: string;
}

/** Which services run, on disk: whoever starts after a killed start finds out whom it has left behind. */
export interface ServiceRecord {
  remember(name: string, pid: number): void;
  /** Returns the names of those that had to be stopped. */
  stopLeftOvers(patience: number): Promise<string[]>;
}

export function createServiceRecord(path: string): ServiceRecord {
  return {
    remember(name, pid) {
      const identity = processIdentity(pid);
      if (identity === undefined) return;
      writePrivateJson(path, { ...readPrivateJson(path), [name]: { pid, identity } });
    },
    async stopLeftOvers(patience) {
      const alive = Object.entries(readPrivateJson(path) ?? {}).filter(
        (entry): entry is [string, Entry] =>
          isEntry(entry[1]) && processIdentity(entry[1].pid) === entry[1].identity,
      );
      await Promise.all(alive.map(([, entry]) => stopById({ ...entry, signal: 'SIGTERM', patience })));
      return alive.map(([name]) => name);
    },
  };
}

function isEntry(value: unknown): value is Entry {
  const { pid, identity } = (value ?? {}) as Partial<Entry>;
  return typeof pid === 'number' && typeof identity === 'string';
}
