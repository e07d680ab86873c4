import { setTimeout as delay } from 'node:timers/promises';
import { startProblem } from '../screen/start-problem';

export interface ReadyCheck {
  name: string;
  /** Answers 200 when ready. */
  url: string;
  /** How often the process has ended by itself so far. */
  crashes: () => number;
  logFile: string;
  /** Rejects when aborted. */
  stopping: AbortSignal;
}

const LOOK_AGAIN_MS = 40;
const PATIENCE_MS = 60_000;
const TOO_MANY_CRASHES = 3;

/** Resolves when a service says that it is ready; gives up on one that keeps ending. */
export async function untilReady({ name, url, crashes, logFile, stopping }: ReadyCheck): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await answersOk(url))) {
    if (crashes() >= TOO_MANY_CRASHES) {
      throw startProblem(
        `The ${name} ends again and again right after its start; its log ${logFile} says why.`,
      );
    }
    if (Date.now() > deadline) {
      throw startProblem(
        `The ${name} did not become ready within ${PATIENCE_MS / 1000} s; its log ${logFile} may say why.`,
      );
    }
    await delay(LOOK_AGAIN_MS, undefined, { signal: stopping });
  }
}

async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
    // Unread, the answer would hold its connection.
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
