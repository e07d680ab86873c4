import { type ChildProcess, fork } from 'node:child_process';
import { resolve } from 'node:path';
import { childEnvironment } from '@loupe/common/config';
import { ConnectorError, type RowSink } from '@loupe/common/connectors';
import type { ChildFailure, ChildRequest, FromChild, ToChild } from './messages';

/** As it is built, also when this file itself is loaded from its source. */
const childFile = resolve(__dirname, '../../dist/quarantine/child.js');

/** How long a child that was asked to stop may take until it has stopped its source. */
const stopGraceMs = 2_000;

interface Exchange {
  sink: RowSink | undefined;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

export interface Bounds {
  signal: AbortSignal;
  /** Milliseconds after which a child that has not answered is killed. */
  limitMs: number;
  sink?: RowSink;
}

const died = (): ConnectorError =>
  new ConnectorError('runner_lost', 'The process that executed the run was lost');

function errorOf({ errorClass, message, code, sqlState, isStopConfirmed }: ChildFailure): Error {
  if (errorClass === 'unknown' && message === '') return new Error('the child process failed');
  const parts = {
    ...(code !== undefined && { code }),
    ...(sqlState !== undefined && { sqlState }),
    isStopConfirmed,
  };
  return new ConnectorError(errorClass, message, parts);
}

/** One child process, from its start to its end. It takes one request at a time. */
export class QuarantineChild {
  private readonly process: ChildProcess;
  private exchange: Exchange | undefined;
  private hasEnded = false;

  /** @param memoryMb the most that JavaScript values may take in it, MiB */
  constructor(memoryMb: number) {
    this.process = fork(childFile, [], {
      // Neither this process's options nor its environment, which holds keys and the login of the database.
      execArgv: [`--max-old-space-size=${memoryMb}`],
      env: childEnvironment(),
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    });
    this.process.on('message', (message: FromChild) => void this.hear(message));
    this.process.on('error', () => this.end());
    this.process.on('exit', () => this.end());
  }

  /**
   * @throws ConnectorError of class `runner_lost` when the child dies, `timeout` when it does not answer in time; otherwise
   * what it said. Errors of the sink pass through.
   */
  async call(request: ChildRequest, { signal, limitMs, sink }: Bounds): Promise<unknown> {
    if (this.hasEnded) throw died();
    let killing: NodeJS.Timeout | undefined;
    const stop = (): void => {
      this.send({ call: 'stop' });
      killing = setTimeout(() => this.kill(), stopGraceMs);
    };
    const limit = setTimeout(() => {
      this.fail(new ConnectorError('timeout', 'The database did not answer in time'));
    }, limitMs);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await new Promise<unknown>((resolve, reject) => {
        this.exchange = { sink, resolve, reject };
        this.send(request);
      });
    } finally {
      clearTimeout(limit);
      clearTimeout(killing);
      signal.removeEventListener('abort', stop);
      this.exchange = undefined;
    }
  }

  /** With its connection, whatever it still does in the source ends. */
  kill(): void {
    this.process.kill('SIGKILL');
  }

  private async hear(message: FromChild): Promise<void> {
    const { exchange } = this;
    if (exchange === undefined) return;
    switch (message.kind) {
      case 'done':
        exchange.resolve(message.value);
        return;
      case 'failed':
        exchange.reject(errorOf(message.failure));
        return;
      default:
        await this.take(message, exchange);
    }
  }

  private async take(
    message: Extract<FromChild, { kind: 'columns' | 'rows' }>,
    { sink }: Exchange,
  ): Promise<void> {
    try {
      if (message.kind === 'columns') await sink?.columns(message.columns);
      else await sink?.rows(message.rows);
      this.send({ call: 'taken' });
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    this.exchange?.reject(error);
    this.kill();
  }

  private end(): void {
    this.hasEnded = true;
    this.exchange?.reject(died());
  }

  /** A child that is gone hears nothing: its exit says the rest. */
  private send(message: ToChild): void {
    if (this.process.connected) this.process.send(message, () => undefined);
  }
}
