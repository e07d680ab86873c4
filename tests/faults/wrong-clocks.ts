import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Member } from './members';

/** A clock of its own for each process, which a test may put forward and back while the process runs. */
export interface WrongClocks {
  /** A process starts with the true time; where it stands is in a file in the folder. */
  settingsOf(member: string, folder: string): Record<string, string>;
  /** Seconds ahead of the true time; negative behind it. */
  set(member: string, seconds: number): void;
  /** How far ahead it was put. */
  aheadOf(member: string): number;
}

interface Clock {
  file: string;
  ahead: number;
}

export function createWrongClocks(library: string): WrongClocks {
  const clocks = new Map<string, Clock>();
  const clockOf = (member: string): Clock => {
    const clock = clocks.get(member);
    if (clock === undefined) throw new Error(`${member} has no clock of its own`);
    return clock;
  };
  return {
    settingsOf(member, folder) {
      const file = join(folder, `clock-of-${member}`);
      clocks.set(member, { file, ahead: 0 });
      write(file, 0);
      return {
        LD_PRELOAD: library,
        FAKETIME_TIMESTAMP_FILE: file,
        // Seconds after which the file is read again.
        FAKETIME_CACHE_DURATION: '1',
        // Timers go by the monotonic clock, which stays true. Both names, because versions differ.
        ...{ DONT_FAKE_MONOTONIC: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' },
      };
    },
    set(member, seconds) {
      const clock = clockOf(member);
      clock.ahead = seconds;
      write(clock.file, seconds);
    },
    aheadOf: (member) => clockOf(member).ahead,
  };
}

/** Whole at any moment: a process may be reading it. */
function write(file: string, seconds: number): void {
  writeFileSync(`${file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
  renameSync(`${file}.new`, file);
}

/** Seconds that a process itself is ahead of this one, by the time that its probes answer. */
export async function secondsAhead({ url }: Member): Promise<number> {
  const response = await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(10_000) });
  const { timestamp } = (await response.json()) as { timestamp: string };
  return (new Date(timestamp).getTime() - Date.now()) / 1_000;
}
