import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '@loupe/common/errors';
import { processIdentity } from './process-identity';

export interface StopOrder {
  pid: number;
  /** From `processIdentity`, so that a stranger with the same number is left alone. */
  identity: string;
  signal: NodeJS.Signals;
  /** Milliseconds; then the process is killed. */
  patience: number;
}

const LOOK_AGAIN_MS = 20;

/** Stops a process that is no child of ours (a left-over of an earlier start) and waits until it is gone. */
export async function stopById(order: StopOrder): Promise<void> {
  const { pid, identity, signal, patience } = order;
  if (!send(pid, signal, identity)) return;
  if (await gone(pid, identity, patience)) return;
  send(pid, 'SIGKILL', identity);
  await gone(pid, identity, 5000);
}

function send(pid: number, signal: NodeJS.Signals, identity: string): boolean {
  if (processIdentity(pid) !== identity) return false;
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return false;
    throw error;
  }
}

async function gone(pid: number, identity: string, patience: number): Promise<boolean> {
  const deadline = Date.now() + patience;
  // Only a parent is told of an exit; anybody else has to look.
  while (processIdentity(pid) === identity) {
    if (Date.now() > deadline) return false;
    await delay(LOOK_AGAIN_MS);
  }
  return true;
}
