import { LoupeError } from '../errors';
import { databaseError, isDatabaseAway } from './database-errors';

const withCode = (code: string, more: object = {}): Error =>
  Object.assign(new Error('text'), { code, ...more });

describe('a database that is away', () => {
  it.each([
    'ECONNREFUSED',
    'ECONNRESET',
    'EAI_AGAIN',
    '57P01',
    '57P02',
    '57P03',
    '53100',
    '53300',
    '08006',
    '08P01',
    '25006',
  ])('is told by the code %s', (code) => expect(isDatabaseAway(withCode(code))).toBe(true));

  it.each(['23505', '42601', '40001', '55P03', '57014', '28P01', 'ERR_ASSERTION'])(
    'is not told by %s',
    (code) => {
      expect(isDatabaseAway(withCode(code))).toBe(false);
    },
  );

  it.each([
    'Connection terminated unexpectedly',
    'Connection terminated',
    'timeout exceeded when trying to connect',
    'Client has encountered a connection error and is not queryable',
  ])('is told by node-postgres’ words without a code: %s', (text) => {
    expect(isDatabaseAway(new Error(text))).toBe(true);
  });

  it('is told by any of the addresses that were tried, and by our own error', () => {
    expect(isDatabaseAway(new AggregateError([withCode('ECONNREFUSED'), withCode('ECONNREFUSED')]))).toBe(
      true,
    );
    expect(isDatabaseAway(databaseError(withCode('57P01'), 'x'))).toBe(true);
    expect(isDatabaseAway(new LoupeError('database', 'x'))).toBe(false);
    expect(isDatabaseAway(undefined)).toBe(false);
    expect(isDatabaseAway('text')).toBe(false);
  });
});

describe('our error', () => {
  it('says nothing of the statement or the server in public, and keeps the cause', () => {
    const cause = withCode('42P01', { message: 'relation "secret_table" does not exist' });
    const error = databaseError(cause, 'runs.find');
    expect(error).toMatchObject({ kind: 'database', message: 'An internal error occurred', cause });
    expect(error.detail).toBe('runs.find: SQLSTATE 42P01');
  });

  it('asks for patience when the database is away', () => {
    expect(databaseError(withCode('57P03'), 'runs.find')).toMatchObject({
      ...{ kind: 'unavailable', retryAfterSeconds: 1, detail: 'runs.find: 57P03' },
    });
  });

  it.each(['57014', '55P03'])(
    'is a matter of time where a statement was ended for its length: %s',
    (code) => {
      expect(databaseError(withCode(code), 'runs.find')).toMatchObject({
        ...{ kind: 'timeout', detail: `runs.find: SQLSTATE ${code}` },
      });
    },
  );

  it('of our own making is passed on as it is', () => {
    const error = new LoupeError('conflict', 'x');
    expect(databaseError(error, 'runs.find')).toBe(error);
  });
});
