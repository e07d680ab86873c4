import { newId } from '@loupe/common/crypto';
import { errorCode } from '@loupe/common/errors';
import type { RunPool } from '@loupe/common/models';
import type { RunnerSessionRepository } from '@loupe/common/repositories/engine';
import type { Logger } from '@loupe/common/observability';

const leaseSeconds = 15;
export const heartbeatMs = 4_000;

export interface RunnerSessionOptions {
  sessions: RunnerSessionRepository;
  runnerId: string;
  pools: readonly RunPool[];
  slots: number;
  logger: Logger;
  /** The session was closed over our head: what it executed belongs to others, and must stop. */
  onLost: () => void;
  /** A session is open; called for the first one too. */
  onOpen: (sessionId: string) => Promise<void>;
  /** Somebody else than this process wants it to take no more. */
  onDrained: () => void;
}

/** This process's lease on what it executes. */
export interface RunnerSession {
  /** The open session's id; undefined while there is none. */
  id: () => string | undefined;
  /**
   * Renews the lease, or opens a session when there is none. Rejects while the database is away: that alone is no reason
   * to give up what runs, because a lease that expired is found out by the next renewal that gets through.
   */
  beat: () => Promise<void>;
  drain(): Promise<void>;
  close(): Promise<void>;
}

export function createRunnerSession(options: RunnerSessionOptions): RunnerSession {
  const { sessions, runnerId, pools, slots, logger } = options;
  let id: string | undefined;
  let isDraining = false;

  async function open(): Promise<void> {
    const next = newId();
    await sessions.open({ id: next, runnerId, pools, slots, leaseSeconds });
    id = next;
    logger.info('Runner session opened', { session_id: next, pools, slots });
    // The wish to stop came while it was being opened: nobody shall admit runs on its account.
    if (isDraining) await sessions.drain(next);
    else await options.onOpen(next);
  }

  /** It stays without work until it is restarted: a new session would take away what the operator wanted. */
  async function obeyOperator(current: string): Promise<void> {
    if (isDraining || !(await sessions.isDraining(current))) return;
    isDraining = true;
    logger.warn('Runner session is drained by an operator', { session_id: current });
    options.onDrained();
  }

  return {
    id: () => id,
    async beat() {
      if (id === undefined) return isDraining ? undefined : open();
      if (await sessions.heartbeat(id, leaseSeconds)) return obeyOperator(id);
      logger.warn('Runner session was closed by a reaper', { session_id: id });
      id = undefined;
      options.onLost();
      if (!isDraining) await open();
    },
    async drain() {
      isDraining = true;
      if (id !== undefined) await sessions.drain(id);
    },
    async close() {
      if (id === undefined) return;
      await sessions.close(id).catch((error: unknown) => {
        // Its lease runs out by itself.
        logger.warn('Runner session could not be closed', { code: errorCode(error) });
      });
      id = undefined;
    },
  };
}
