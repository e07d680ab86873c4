import { LoupeError } from '../errors';
import { type Question, tooComplex } from './messages';
import { ParserThread } from './parser-thread';

/** Says before anything is stored or run whether a statement is one that is accepted (REST contract, section 2.4.3). */
export interface StatementGate {
  /**
   * `asker`: whose statement it is; one of them cannot keep the gate from the others.
   *
   * Words that follow "sql", or undefined when the statement is accepted. Never accepts what it could not read.
   *
   * @throws LoupeError of kind `unavailable` when too many statements wait already, or no thread can be had
   */
  problemOf(question: Question, asker: string): Promise<string | undefined>;
  close(): Promise<void>;
}

export interface GateLimits {
  /** Each holds a parser, 30 MB and more. */
  threads?: number;
  /** Milliseconds that one text may take. */
  limitMs?: number;
  /** Texts that may wait for a thread: of everybody, and of one asker. */
  maxWaiting?: number;
  maxWaitingPerAsker?: number;
}

const unavailable = (message: string): LoupeError =>
  new LoupeError('unavailable', message, { code: 'statement_gate_busy', retryAfterSeconds: 1 });

/** Starts the threads at once, so that the first statement need not wait for the parser to load. */
export function openStatementGate({
  threads = 2,
  limitMs = 5_000,
  maxWaiting = 256,
  maxWaitingPerAsker = 64,
}: GateLimits = {}): StatementGate {
  const all = Array.from({ length: threads }, () => new ParserThread());
  const idle = [...all];
  const waiting: { asker: string; take: (thread: ParserThread) => void }[] = [];

  const take = async (asker: string): Promise<ParserThread> => {
    const thread = idle.pop();
    if (thread !== undefined) return thread;
    const ofAsker = waiting.filter((one) => one.asker === asker).length;
    if (waiting.length >= maxWaiting || ofAsker >= maxWaitingPerAsker) {
      throw unavailable('Too many statements wait to be checked; try again');
    }
    return new Promise((resolve) => waiting.push({ asker, take: resolve }));
  };
  const give = (thread: ParserThread): void => {
    const next = waiting.shift();
    if (next === undefined) idle.push(thread);
    else next.take(thread);
  };
  return {
    async problemOf(question, asker) {
      const thread = await take(asker);
      try {
        return await ask(thread, question, limitMs);
      } finally {
        give(thread);
      }
    },
    close: async () => void (await Promise.all(all.map((thread) => thread.close()))),
  };
}

async function ask(thread: ParserThread, question: Question, limitMs: number): Promise<string | undefined> {
  let outcome = await thread.ask(question, limitMs);
  // Once more, in a new thread: the first one may have been broken before it got the text.
  if (outcome === 'lost') outcome = await thread.ask(question, limitMs);
  if (outcome === 'lost') throw unavailable('The statement could not be checked; try again');
  return typeof outcome === 'string' ? tooComplex : outcome.problem;
}
