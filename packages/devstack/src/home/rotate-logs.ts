import { copyFileSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

const LARGEST_BYTES = 20_000_000;
const LOOK_EVERY_MS = 60_000;

/**
 * Sets what large logs hold aside, one generation of each, so that they do not grow for ever. Copied and emptied, not
 * renamed: a running process goes on appending to the file that it has open. What it writes between the two steps,
 * moments apart, is lost.
 */
export function rotateLogs(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (!name.endsWith('.log') || statSync(path).size <= LARGEST_BYTES) continue;
    copyFileSync(path, `${path}.1`);
    truncateSync(path);
  }
}

/** Rotates again and again until `stop`. A folder that cannot be written now is tried again; logs end no service. */
export function keepLogsSmall(
  folder: string,
  { everyMs = LOOK_EVERY_MS }: { everyMs?: number } = {},
): { stop: () => void } {
  const rotate = (): void => {
    try {
      rotateLogs(folder);
    } catch {
      // The next look is soon.
    }
  };
  rotate();
  const timer = setInterval(rotate, everyMs);
  return { stop: () => clearInterval(timer) };
}
