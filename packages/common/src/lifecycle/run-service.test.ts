import { EventEmitter } from 'node:events';
import { LoupeError } from '../errors';
import { runService, type HostProcess, type LifecycleLogger, type ServiceContext } from './run-service';

/** A process without an operating system: it can be signalled, and its exit can be waited for. */
class QuietProcess extends EventEmitter implements HostProcess {
  written = '';
  readonly exits: number[] = [];
  readonly #exited = Promise.withResolvers<number>();
  readonly exited = this.#exited.promise;
  readonly stderr = { write: (text: string) => (this.written += text) };
  exit(code: number): void {
    this.exits.push(code);
    this.#exited.resolve(code);
  }
}

function recordingLogger(): LifecycleLogger & { lines: [string, string, unknown?][] } {
  const lines: [string, string, unknown?][] = [];
  const at =
    (level: string) =>
    (message: string, fields?: unknown): number =>
      lines.push(fields === undefined ? [level, message] : [level, message, fields]);
  return { lines, info: at('info'), warn: at('warn'), error: at('error') };
}

async function started(start: (context: ServiceContext) => unknown = () => undefined, graceSeconds = 5) {
  const host = new QuietProcess();
  const logger = recordingLogger();
  const seen = Promise.withResolvers<ServiceContext>();
  await runService(
    'runner',
    async (context) => {
      context.configure({ logger, graceSeconds });
      seen.resolve(context);
      await start(context);
    },
    host,
  );
  return { host, logger, context: await seen.promise };
}

describe('a service', () => {
  it.each(['SIGTERM', 'SIGINT'])('closes what it opened and ends with 0 on %s', async (signal) => {
    const closed: string[] = [];
    const { host, logger, context } = await started(({ stack }) => {
      stack.defer('database', () => closed.push('database'));
      stack.defer('server', () => closed.push('server'));
    });
    host.emit(signal, signal);
    expect(context.signal.reason).toBe(signal);
    expect(await host.exited).toBe(0);
    expect(closed).toEqual(['server', 'database']);
    expect(logger.lines).toEqual([
      ['info', 'Stopping', { signal }],
      ['info', 'Stopped'],
    ]);
  });

  it('bears SIGINT from the terminal, again from its process manager, and SIGTERM from its supervisor', async () => {
    const draining = Promise.withResolvers<undefined>();
    const { host } = await started(({ stack }) => stack.defer('worker', () => draining.promise));
    for (const signal of ['SIGINT', 'SIGINT', 'SIGTERM']) host.emit(signal, signal);
    expect(host.exits).toEqual([]);
    draining.resolve(undefined);
    expect(await host.exited).toBe(0);
  });

  it('leaves at once when a person presses Ctrl-C again', async () => {
    const { host } = await started(
      ({ stack }) => stack.defer('worker', () => new Promise(() => undefined)),
      0.05,
    );
    const now = jest.spyOn(performance, 'now');
    now.mockReturnValue(1000);
    host.emit('SIGINT', 'SIGINT');
    now.mockReturnValue(1600);
    host.emit('SIGINT', 'SIGINT');
    expect(host.exits).toEqual([130]);
  });

  it('ends with 1 by the grace period when a close hangs, and names it', async () => {
    const { host, logger } = await started(
      ({ stack }) => stack.defer('worker', () => new Promise(() => undefined)),
      0.02,
    );
    host.emit('SIGTERM', 'SIGTERM');
    expect(await host.exited).toBe(1);
    expect(logger.lines).toContainEqual([
      'error',
      'Gave up closing after the grace period',
      { unreleased: ['worker'] },
    ]);
  });

  it('tells of a close that failed, and still ends with 0', async () => {
    const { host, logger } = await started(({ stack }) =>
      stack.defer('cache', () => Promise.reject(new Error('gone'))),
    );
    host.emit('SIGTERM', 'SIGTERM');
    expect(await host.exited).toBe(0);
    expect(logger.lines).toContainEqual(['warn', 'Closing failed', { name: 'cache', reason: 'gone' }]);
  });

  it.each([
    ['uncaughtException', 'Uncaught exception'],
    ['unhandledRejection', 'Unhandled rejection'],
  ])('closes and ends with 1 on %s', async (event, message) => {
    const close = jest.fn();
    const { host, logger } = await started(({ stack }) => stack.defer('database', close));
    const error = new Error('a bug');
    host.emit(event, error);
    expect(await host.exited).toBe(1);
    expect(close).toHaveBeenCalledTimes(1);
    expect(logger.lines[0]).toEqual(['error', message, { error }]);
  });

  it('says nothing about a reader that has gone away', async () => {
    const { host, logger } = await started();
    host.emit('uncaughtException', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    expect(await host.exited).toBe(1);
    expect(logger.lines.filter(([level]) => level === 'error')).toEqual([]);
  });

  it('can give itself up', async () => {
    const { host, context } = await started();
    context.fail(new Error('lost the session'));
    expect(await host.exited).toBe(1);
    expect(context.signal.reason).toBe('failure');
  });
});

describe('a service that cannot start', () => {
  async function failing(error: unknown): Promise<[string, number]> {
    const host = new QuietProcess();
    const closed = jest.fn();
    await runService(
      'api',
      ({ stack }) => {
        stack.defer('database', closed);
        throw error;
      },
      host,
    );
    const code = await host.exited;
    expect(closed).toHaveBeenCalledTimes(1);
    return [host.written, code];
  }

  it('prints a line a problem, no stack, closes and ends with 1', async () => {
    const error = new LoupeError('invalid', 'The configuration is not usable', {
      fields: { API_PORT: 'API_PORT must be a number', DATABASE_URL: 'DATABASE_URL is required' },
    });
    expect(await failing(error)).toEqual([
      'api: The configuration is not usable:\napi:   API_PORT must be a number\napi:   DATABASE_URL is required\n',
      1,
    ]);
  });

  it.each([
    [
      new LoupeError('unavailable', 'The database cannot be reached', { detail: 'refused' }),
      'The database cannot be reached: refused',
    ],
    [new LoupeError('internal', 'Roles are missing'), 'Roles are missing'],
    [
      Object.assign(new Error('listen EADDRINUSE: address already in use 127.0.0.1:8080'), {
        code: 'EADDRINUSE',
        address: '127.0.0.1',
        port: 8080,
      }),
      '127.0.0.1:8080 is already in use',
    ],
    [
      Object.assign(new Error('select "x" from "users" - no'), { code: '42703' }),
      'the database refused (42703)',
    ],
    ['nothing but text', 'nothing but text'],
  ])('prints one line for %p', async (error, line) => {
    expect(await failing(error)).toEqual([`api: ${line}\n`, 1]);
  });

  it('is not blamed for a start that a signal interrupted', async () => {
    const host = new QuietProcess();
    await runService(
      'api',
      ({ signal }) => {
        host.emit('SIGTERM', 'SIGTERM');
        signal.throwIfAborted();
      },
      host,
    );
    expect(await host.exited).toBe(0);
    expect(host.written).toBe('');
  });
});
