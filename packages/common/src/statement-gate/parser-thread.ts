import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { errorCode } from '../errors';
import type { Answer, Question } from './messages';

/** As it is built, also when this file itself is loaded from its source. */
const threadFile = resolve(__dirname, '../../dist/statement-gate/thread.js');

/** Of JavaScript's values, MiB. The parser's own memory is bounded by the length of a text. */
const resourceLimits = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 };

/**
 * What a thread may take to load its parser, ms; it takes a tenth of a second on a machine that does nothing else. It does not count
 * against the text that waits for it.
 */
const startLimitMs = 30_000;

/** `lost`: the thread ended without an answer, and nothing says that the text is to blame. */
export type Outcome = Answer | 'too_slow' | 'out_of_memory' | 'lost';

interface StartedWorker {
  worker: Worker;
  /** False when it ended, or hung, before its parser was loaded. */
  isReady: Promise<boolean>;
}

function startWorker(): StartedWorker {
  // It needs nothing of this process's environment, which holds keys and logins.
  const worker = new Worker(threadFile, { name: 'statement-gate', env: {}, execArgv: [], resourceLimits });
  // One that breaks while nobody waits for it is found dead, and replaced, by who needs it next.
  worker.on('error', () => undefined);
  const isReady = settled<boolean>(worker, startLimitMs, (settle) => ({
    message: () => settle(true),
    error: () => settle(false),
    exit: () => settle(false),
    late: () => settle(false),
  }));
  return { worker, isReady };
}

/** One thread with a parser, which takes one text at a time. A thread that broke is replaced when the next text comes. */
export class ParserThread {
  private started: StartedWorker | undefined;
  private isClosed = false;

  constructor() {
    this.start();
  }

  /** @param limitMs after which the thread is ended, whatever it does */
  async ask(question: Question, limitMs: number): Promise<Outcome> {
    if (this.isClosed) return 'lost';
    const { worker, isReady } = this.started ?? this.start();
    const outcome = (await isReady) ? await outcomeOf(worker, question, limitMs) : 'lost';
    if (typeof outcome === 'string' || outcome.isBroken) this.discard(worker);
    return outcome;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.started?.worker.terminate();
  }

  private start(): StartedWorker {
    const started = startWorker();
    started.worker.once('exit', () => this.discard(started.worker));
    this.started = started;
    return started;
  }

  private discard(worker: Worker): void {
    if (this.started?.worker === worker) this.started = undefined;
    void worker.terminate();
  }
}

const outcomeOf = (worker: Worker, question: Question, limitMs: number): Promise<Outcome> => {
  const outcome = settled<Outcome>(worker, limitMs, (settle) => ({
    message: settle,
    error: (error) => settle(errorCode(error) === 'ERR_WORKER_OUT_OF_MEMORY' ? 'out_of_memory' : 'lost'),
    exit: () => settle('lost'),
    late: () => settle('too_slow'),
  }));
  worker.postMessage(question);
  return outcome;
};

interface Listeners<T> {
  message: (value: T) => void;
  error: (error: unknown) => void;
  exit: () => void;
  late: () => void;
}

/** What the first thing says that happens to a worker within a time. */
async function settled<T>(
  worker: Worker,
  limitMs: number,
  listenersOf: (settle: (value: T) => void) => Listeners<T>,
): Promise<T> {
  const { promise, resolve: settle } = Promise.withResolvers<T>();
  const { message, error, exit, late } = listenersOf(settle);
  const limit = setTimeout(late, limitMs);
  worker.once('message', message).once('error', error).once('exit', exit);
  try {
    return await promise;
  } finally {
    clearTimeout(limit);
    worker.off('message', message).off('error', error).off('exit', exit);
  }
}
