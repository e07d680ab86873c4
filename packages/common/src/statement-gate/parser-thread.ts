import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { errorCode } from '../errors';
import type { Answer, Question } from './messages';

/** As it is built, also when this file itself is loaded from its source. */
const threadFile = resolve(__dirname, '../../dist/statement-gate/thread.js');

/** Of JavaScript's values, MiB. The parser's own memory is bounded by the length of a text. */
const resourceLimits = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 };

/** `lost`: the thread ended without an answer, and nothing says that the text is to blame. */
export type Outcome = Answer | 'too_slow' | 'out_of_memory' | 'lost';

function startWorker(): Worker {
  // It needs nothing of this process's environment, which holds keys and logins.
  const worker = new Worker(threadFile, { name: 'statement-gate', env: {}, execArgv: [], resourceLimits });
  // One that breaks while nobody waits for it is found dead, and replaced, by who needs it next.
  worker.on('error', () => undefined);
  return worker;
}

/** One thread with a parser, which takes one text at a time. A thread that broke is replaced when the next text comes. */
export class ParserThread {
  private worker: Worker | undefined;
  private isClosed = false;

  constructor() {
    this.start();
  }

  /** @param limitMs after which the thread is ended, whatever it does */
  async ask(question: Question, limitMs: number): Promise<Outcome> {
    if (this.isClosed) return 'lost';
    const worker = this.worker ?? this.start();
    const outcome = await outcomeOf(worker, question, limitMs);
    if (typeof outcome === 'string' || outcome.isBroken) this.discard(worker);
    return outcome;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.worker?.terminate();
  }

  private start(): Worker {
    const worker = startWorker();
    worker.once('exit', () => this.discard(worker));
    this.worker = worker;
    return worker;
  }

  private discard(worker: Worker): void {
    if (this.worker === worker) this.worker = undefined;
    void worker.terminate();
  }
}

async function outcomeOf(worker: Worker, question: Question, limitMs: number): Promise<Outcome> {
  const { promise, resolve: settle } = Promise.withResolvers<Outcome>();
  const onError = (error: unknown): void =>
    settle(errorCode(error) === 'ERR_WORKER_OUT_OF_MEMORY' ? 'out_of_memory' : 'lost');
  const onExit = (): void => settle('lost');
  const limit = setTimeout(() => settle('too_slow'), limitMs);
  worker.once('message', settle).once('error', onError).once('exit', onExit);
  worker.postMessage(question);
  try {
    return await promise;
  } finally {
    clearTimeout(limit);
    worker.off('message', settle).off('error', onError).off('exit', onExit);
  }
}
