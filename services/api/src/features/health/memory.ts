import { totalmem } from 'node:os';
import type { HealthCheck } from '@loupe/common/observability';

const MEBIBYTE = 1024 * 1024;
const DEGRADED_PERCENT = 90;

/** Memory in use on the machine, or in the container where that has a limit of its own. */
export function checkMemory(): HealthCheck {
  const limit = process.constrainedMemory();
  const machine = totalmem();
  // Without a limit the kernel reports none, or a number beyond any machine.
  const total = limit > 0 && limit < machine ? limit : machine;
  const used = Math.max(0, total - process.availableMemory());
  const percent = Math.round((used / total) * 1_000) / 10;
  const details = { used_mb: Math.round(used / MEBIBYTE), percent };
  return percent < DEGRADED_PERCENT
    ? { status: 'healthy', details }
    : { status: 'degraded', message: `Memory is ${percent} % in use`, details };
}
