import { createSecretKey, randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import fc from 'fast-check';
import { LoupeError } from '../errors';
import { withLogContext } from './log-context';
import { createLogger, type Logger, type LoggerOptions } from './logger';

function record(options: Partial<LoggerOptions> = {}) {
  let text = '';
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString();
      done();
    },
  });
  const logger = createLogger({ service: 'api', level: 'info', format: 'json', destination, ...options });
  const lines = (): Record<string, unknown>[] =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { logger, text: () => text, lines, last: () => lines().at(-1) };
}

describe('a line', () => {
  it('says when, how important, who and what, as JSON', () => {
    const { logger, lines } = record();
    logger.info('Run finished', { run_id: 'r-1', rows: 12 });
    expect(lines()).toEqual([
      {
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
        level: 'info',
        service: 'api',
        message: 'Run finished',
        run_id: 'r-1',
        rows: 12,
      },
    ]);
  });

  it('or as text for people', () => {
    const { logger, text } = record({ format: 'text' });
    logger.warn('Slow statement', { statement: 'claim', details: { a: 1 }, nothing: undefined });
    expect(text()).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} warn {2}api {2}Slow statement {2}statement=claim details={"a":1}\n$/,
    );
  });

  it('is left out below the level', () => {
    const { logger, text } = record({ level: 'warn' });
    logger.info('quiet');
    expect(text()).toBe('');
  });

  it('stays one line, and cannot pass for another', () => {
    const { logger, lines } = record();
    logger.info('first\n{"level":"error"}', { level: 'error', message: 'other', service: 'other' });
    expect(lines()).toMatchObject([{ level: 'info', service: 'api', message: 'first\n{"level":"error"}' }]);
  });
});

describe('fields', () => {
  it('come from the context, then from the child, then from the call', async () => {
    const { logger, last } = record();
    const child = logger.child({ component: 'http', request_id: 'child' });
    await withLogContext({ request_id: 'outer', org_id: 'o-1' }, async () => {
      await Promise.resolve();
      child.info('in between', { request_id: 'call' });
      expect(last()).toMatchObject({ request_id: 'call', component: 'http', org_id: 'o-1' });
      withLogContext({ run_id: 'r-1' }, () => logger.info('inside'));
      expect(last()).toMatchObject({ request_id: 'outer', org_id: 'o-1', run_id: 'r-1' });
    });
    logger.info('outside');
    expect(last()).not.toHaveProperty('request_id');
  });

  it('of two requests at a time do not mix', async () => {
    const { logger, lines } = record();
    const serve = (id: string) =>
      withLogContext({ request_id: id }, async () => {
        await new Promise(setImmediate);
        logger.info(id);
      });
    await Promise.all(['a', 'b', 'c'].map(serve));
    expect(lines().every(({ message, request_id }) => message === request_id)).toBe(true);
  });

  it('may hold anything', () => {
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    const { logger, last } = record();
    logger.info('odd', {
      loop,
      big: 1n,
      date: new Date(0),
      never: new Date(NaN),
      map: new Map([['a', 1]]),
      bytes: Buffer.from('x'),
      call: () => 1,
      nothing: null,
    });
    expect(last()).toMatchObject({
      big: '1',
      date: '1970-01-01T00:00:00.000Z',
      never: 'Invalid Date',
      map: '[Map]',
      bytes: '[Buffer]',
      call: '[function]',
      nothing: null,
    });
  });
});

describe('a secret', () => {
  const canary = 'c4n4ry-Sup3rS3cret';
  const logAll = (log: (logger: Logger) => void): string => {
    const json = record();
    const plain = record({ format: 'text' });
    [json, plain].forEach(({ logger }) => log(logger));
    return json.text() + plain.text();
  };

  it.each([
    'password',
    'newPassword',
    'client_secret',
    'access_token',
    'Authorization',
    'X-API-Key',
    'connection_string',
    'dsn',
    'Set-Cookie',
    'PASSWORD_PEPPER',
    'ENCRYPTION_KEY',
    'sql',
    'parameters',
    'bindings',
  ])('does not show in a field named %s, at any depth', (name) => {
    const text = logAll((logger) => {
      logger.info('flat', { [name]: canary });
      logger.info('deep', { request: { headers: [{ [name]: [canary] }] } });
      logger.child({ [name]: { value: canary } }).info('child');
    });
    expect(text).not.toContain(canary);
  });

  it.each([
    `postgres://app:${canary}@db.internal:5432/loupe`,
    `postgres://app:with@in-${canary}@db.internal/loupe`,
    `redis://:${canary}@cache`,
    `host=db password=${canary} user=app`,
    `{"password": "${canary}"}`,
    `Bearer ${canary}`,
    `eyJhbGciOiJFUzI1NiJ9.${canary}.signature`,
    `-----BEGIN PRIVATE KEY-----\n${canary}\n-----END PRIVATE KEY-----`,
  ])('does not show in the text %s', (secret) => {
    const text = logAll((logger) => {
      logger.info(`could not use ${secret}`, { note: `see ${secret}` });
      logger.error('failed', { error: new Error(secret, { cause: new Error(secret) }) });
      withLogContext({ origin: secret }, () => logger.info('inside'));
    });
    expect(text).not.toContain(canary);
  });

  it('does not show in a key, or in an object of an unknown kind', () => {
    class Client {
      readonly hidden = canary;
    }
    const key = createSecretKey(Buffer.from(canary));
    expect(logAll((logger) => logger.info('objects', { key, client: new Client() }))).not.toContain(canary);
  });

  it('does not show as any URL’s password', () => {
    const login = fc.stringMatching(/^[A-Za-z0-9._~!$&'()*+,;=%@/?#-]{8,40}$/);
    fc.assert(
      fc.property(login, (password) => {
        const text = logAll((logger) =>
          logger.info(`connect postgres://app:${password}@db.internal/loupe failed`),
        );
        expect(text).not.toContain(password);
      }),
    );
  });

  it('costs no time to look for, however the text is made', () => {
    const { logger } = record();
    const began = performance.now();
    for (const part of ['a://', 'password=', 'Bearer ', '-----BEGIN A', 'eyJ.', '"']) {
      logger.info(part.repeat(200_000));
    }
    logger.info(randomBytes(500_000).toString('base64'));
    expect(performance.now() - began).toBeLessThan(1000);
  });
});

describe('an error', () => {
  const logged = (error: unknown): Record<string, unknown> => {
    const { logger, last } = record();
    logger.error('failed', { error });
    return last()?.['error'] as Record<string, unknown>;
  };

  it('of ours shows kind, code, text, detail and causes, but no input', () => {
    const cause = new TypeError('no such thing');
    const error = new LoupeError('invalid', 'The query is not valid', {
      code: 'bad_query',
      detail: 'parser gave up',
      fields: { sql: 'near "x"' },
      cause,
    });
    expect(logged(error)).toMatchObject({
      name: 'LoupeError',
      kind: 'invalid',
      code: 'bad_query',
      message: 'The query is not valid',
      detail: 'parser gave up',
      invalid_fields: ['sql'],
      cause: { name: 'TypeError', message: 'no such thing' },
    });
  });

  it('of PostgreSQL shows its code and constraint, never a row or a statement', () => {
    const error = Object.assign(new Error('insert into "users" values (\'canary\') - duplicate key'), {
      code: '23505',
      severity: 'ERROR',
      detail: 'Key (email)=(canary@example.org) already exists.',
      constraint: 'users_email_key',
      where: 'canary',
      hint: 'canary',
    });
    expect(logged(error)).toEqual({
      name: 'DatabaseError',
      code: '23505',
      class: '23',
      severity: 'ERROR',
      constraint: 'users_email_key',
    });
  });

  it('keeps the driver’s own words, not the statement that a query builder put before them', () => {
    const error = new Error('select * from "secrets" where "id" = \'canary - 7\' - Connection terminated');
    expect(logged(error)['message']).toBe('Connection terminated');
  });

  it('of a file shows no path; any shows where it began without its directory', () => {
    const error = Object.assign(new Error("ENOENT: no such file, open '/home/canary/x'"), {
      code: 'ENOENT',
      syscall: 'open',
      path: '/home/canary/x',
    });
    expect(logged(error)).toEqual({
      name: 'Error',
      code: 'ENOENT',
      syscall: 'open',
      at: expect.stringMatching(/^logger\.test\.ts:\d+$/) as string,
    });
    expect(JSON.stringify(logged(new Error('x')))).not.toContain(__dirname);
  });

  it('may be several, none, or a circle', () => {
    const circle = new Error('round');
    circle.cause = circle;
    expect(logged(new AggregateError([new Error('one'), new Error('two')], 'all'))).toMatchObject({
      errors: [{ message: 'one' }, { message: 'two' }],
    });
    expect(JSON.stringify(logged(circle))).toContain('round');
    expect(JSON.stringify(logged(new Error('outer', { cause: 'just text' })))).toContain('just text');
  });
});
