import type {
  ConnectorSession,
  ExecuteOutcome,
  ExecuteRequest,
  OpenOptions,
  ProbeOutcome,
  RowSink,
} from '@loupe/common/connectors';
import { QuarantineChild } from './child-process';

/** What a child may need beyond the time that its connector watches itself: its start, and its last words. */
const marginMs = 5_000;
/** For stopping what earlier attempts left behind. */
const stopEarlierMs = 20_000;

export interface QuarantineSessionOptions extends OpenOptions<object> {
  connectTimeoutMs: number;
  /** The most that the child may take, MiB. */
  memoryMb: number;
}

/** A session on a source out of a process of its own, which ends with it. */
class QuarantineSession implements ConnectorSession {
  constructor(
    private readonly child: QuarantineChild,
    private readonly signal: AbortSignal,
  ) {}

  async stopEarlierAttempts(): Promise<number> {
    const bounds = { signal: this.signal, limitMs: stopEarlierMs };
    return (await this.child.call({ call: 'stopEarlierAttempts' }, bounds)) as number;
  }

  async execute({ signal, ...request }: ExecuteRequest, sink: RowSink): Promise<ExecuteOutcome> {
    const bounds = { signal, limitMs: request.timeoutSeconds * 1_000 + marginMs, sink };
    return (await this.child.call({ call: 'execute', request }, bounds)) as ExecuteOutcome;
  }

  probe(): Promise<ProbeOutcome> {
    return Promise.reject(new Error('nothing but queries comes into quarantine'));
  }

  describe(): Promise<ExecuteOutcome> {
    return Promise.reject(new Error('nothing but queries comes into quarantine'));
  }

  close(): Promise<void> {
    this.child.kill();
    return Promise.resolve();
  }
}

/**
 * Starts a child process and has it connect.
 *
 * @throws ConnectorError as connecting does; of class `runner_lost` when the child dies
 */
export async function openQuarantineSession(
  type: string,
  { signal, memoryMb, ...options }: QuarantineSessionOptions,
): Promise<ConnectorSession> {
  const child = new QuarantineChild(memoryMb);
  try {
    const bounds = { signal, limitMs: options.connectTimeoutMs + marginMs };
    await child.call({ call: 'open', type, options }, bounds);
  } catch (error) {
    child.kill();
    throw error;
  }
  return new QuarantineSession(child, signal);
}
