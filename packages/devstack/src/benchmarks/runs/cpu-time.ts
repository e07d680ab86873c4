import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second, in /proc: fixed at 100 for what user programs see on Linux. */
const ticksPerSecond = 100;

/** CPU seconds of a process so far; NaN where the system has no /proc: then nothing is said about CPU. */
export function cpuOf(pid: number, withChildren = false): number {
  try {
    const own = ticksOf(pid);
    const ticks = withChildren ? own.self + own.reaped + childrenOf(pid) : own.self;
    return ticks / ticksPerSecond;
  } catch {
    return NaN;
  }
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html, counted from the third field on. */
function ticksOf(pid: number): { parent: number; self: number; reaped: number } {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const at = (index: number): number => fields[index] ?? 0;
  return { parent: at(1), self: at(11) + at(12), reaped: at(13) + at(14) };
}

function childrenOf(pid: number): number {
  let sum = 0;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const { parent, self } = ticksOf(Number(entry));
      if (parent === pid) sum += self;
    } catch {
      // It ended meanwhile, and its parent counts it among the reaped.
    }
  }
  return sum;
}
