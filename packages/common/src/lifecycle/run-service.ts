import type { EventEmitter } from 'node:events';
import { errorCode } from '../errors';
import { failureLines } from './failure-lines';
import { createReleaseStack, type ReleaseReport, type ReleaseStack } from './release-stack';

type LogLine = (message: string, fields?: Record<string, unknown>) => unknown;

/** As much of a logger as stopping needs. */
export interface LifecycleLogger {
  info: LogLine;
  warn: LogLine;
  error: LogLine;
}

export interface ServiceContext {
  stack: ReleaseStack;
  /** Aborted when the service begins to stop; its `reason` is a `StopReason`. */
  signal: AbortSignal;
  /** Stops the service because it cannot go on: exit code 1. */
  fail: (error: unknown) => void;
  /** What the configuration says about logging and stopping; call it as soon as the configuration is read. */
  configure: (settings: { logger: LifecycleLogger; graceSeconds: number }) => void;
}

/** Why a service stops, in a word: the signal's name, `failure`. */
export type StopReason = NodeJS.Signals | 'failure';

/** The process, as far as a service's life depends on it. */
export interface HostProcess extends EventEmitter {
  exit: (code: number) => void;
  stderr: { write: (text: string) => unknown };
}

/** A terminal and a process manager may each deliver the same Ctrl-C; a person's second one comes later. */
const SAME_KEY_PRESS_MS = 500;
const DEFAULT_GRACE_SECONDS = 30;
const EXIT_INTERRUPTED = 130;

/** Until the configuration is read, lines go to stderr as they are. */
function plainLogger(name: string, host: HostProcess): LifecycleLogger {
  const line: LogLine = (message) => host.stderr.write(`${name}: ${message}\n`);
  return { info: () => undefined, warn: line, error: line };
}

class ServiceLife {
  readonly stack = createReleaseStack();
  readonly #stopping = new AbortController();
  readonly #name: string;
  readonly #host: HostProcess;
  #logger: LifecycleLogger;
  #graceSeconds = DEFAULT_GRACE_SECONDS;
  #exitCode = 0;
  #firstSignalAt: number | undefined;

  constructor(name: string, host: HostProcess) {
    this.#name = name;
    this.#host = host;
    this.#logger = plainLogger(name, host);
  }

  async start(start: (context: ServiceContext) => unknown): Promise<void> {
    this.#listen();
    const context: ServiceContext = {
      stack: this.stack,
      signal: this.#stopping.signal,
      fail: (error) => this.#fail('Service failed', error),
      configure: ({ logger, graceSeconds }) => {
        this.#logger = logger;
        this.#graceSeconds = graceSeconds;
      },
    };
    try {
      await start(context);
    } catch (error) {
      // Stopping makes a start that was under way fail; that is no news.
      if (this.#stopping.signal.aborted) return;
      for (const line of failureLines(error)) this.#host.stderr.write(`${this.#name}: ${line}\n`);
      this.#exitCode = 1;
      await this.#stop('failure');
    }
  }

  #listen(): void {
    const signalled = (signal: NodeJS.Signals): void => this.#onSignal(signal);
    this.#host.on('SIGINT', signalled);
    this.#host.on('SIGTERM', signalled);
    // The state of the process is unknown from here on: say so, close what can be closed, leave.
    this.#host.on('uncaughtException', (error: unknown) => this.#fail('Uncaught exception', error));
    this.#host.on('unhandledRejection', (error: unknown) => this.#fail('Unhandled rejection', error));
  }

  #onSignal(signal: NodeJS.Signals): void {
    if (this.#firstSignalAt === undefined) {
      this.#firstSignalAt = performance.now();
      this.#logger.info('Stopping', { signal });
      void this.#stop(signal);
      return;
    }
    // Only a person repeats SIGINT. SIGTERM after it comes from a supervisor that stops its children, too.
    const isRepeated = performance.now() - this.#firstSignalAt > SAME_KEY_PRESS_MS;
    if (signal === 'SIGINT' && isRepeated) this.#host.exit(EXIT_INTERRUPTED);
  }

  #fail(message: string, error: unknown): void {
    this.#exitCode = 1;
    // Whoever read our output is gone; telling so would fail the same way, for ever.
    if (errorCode(error) !== 'EPIPE') this.#logger.error(message, { error });
    void this.#stop('failure');
  }

  async #stop(reason: StopReason): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort(reason);
    const report = await this.stack.releaseAll(this.#graceSeconds * 1000);
    this.#tell(report);
    this.#host.exit(this.#exitCode);
  }

  #tell({ failed, unreleased }: ReleaseReport): void {
    for (const { name, reason } of failed) this.#logger.warn('Closing failed', { name, reason });
    if (unreleased.length > 0) {
      this.#exitCode = 1;
      this.#logger.error('Gave up closing after the grace period', { unreleased });
    } else {
      this.#logger.info('Stopped');
    }
  }
}

/**
 * The life of a service's process. `start` reads the configuration, opens things, registers their closes, and
 * returns when the service serves. Afterwards the process lives until a signal or a failure, and ends within the
 * grace period.
 *
 * Exit codes: 0 stopped by a signal with everything closed; 1 could not start, failed, or had to leave something
 * open; 130 a person pressed Ctrl-C twice.
 */
export async function runService(
  name: string,
  start: (context: ServiceContext) => unknown,
  host: HostProcess = process,
): Promise<void> {
  await new ServiceLife(name, host).start(start);
}
