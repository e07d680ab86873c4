import { classOf, sessionError, statementError } from './classify';

const serverError = (code: string, rest: object = {}) =>
  Object.assign(new Error('words of the server'), { severity: 'ERROR', code, ...rest });

describe('the class of an SQLSTATE', () => {
  it.each([
    ['08006', 'connect'],
    ['57P01', 'connect'],
    ['57P03', 'connect'],
    ['57P04', 'configuration'],
    ['53300', 'overload'],
    ['40001', 'conflict'],
    ['40P01', 'conflict'],
    ['55P03', 'conflict'],
    ['55000', 'user'],
    ['42601', 'user'],
    ['42501', 'permission'],
    ['22012', 'user'],
    ['23505', 'user'],
    ['25006', 'user'],
    ['25P04', 'timeout'],
    ['28P01', 'permission'],
    ['3D000', 'configuration'],
    ['P0001', 'user'],
    ['57014', 'unknown'],
    ['XX000', 'unknown'],
    ['40002', 'unknown'],
  ])('%s is %s', (sqlState, errorClass) => {
    expect(classOf(sqlState)).toBe(errorClass);
  });
});

describe('an error in a statement', () => {
  it('comes with the server’s words, the place, and what else it says', () => {
    const parts = { position: '9', detail: 'more', hint: 'try this' };
    const error = statementError(serverError('42601', parts), '😀 FOO\n  BAR');
    expect(error).toMatchObject({ errorClass: 'user', sqlState: '42601' });
    expect(error.message).toBe('words of the server (line 2, column 3)\nDetail: more\nHint: try this');
  });

  it('of the connection says nothing of what the server said', () => {
    expect(statementError(serverError('53300'), '').message).not.toContain('words');
    expect(statementError(serverError('57P01'), '').message).not.toContain('words');
  });

  it('without a message of the server is a lost connection', () => {
    const error = statementError(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }), '');
    expect(error.errorClass).toBe('lost_connection');
    expect(error.message).not.toContain('ECONNRESET');
  });
});

describe('an error while a session is set up', () => {
  it.each([
    ['28000', 'permission', 'auth_failed'],
    ['28P01', 'permission', 'auth_failed'],
    ['3D000', 'configuration', 'configuration'],
    ['53300', 'overload', 'overload'],
    ['57P03', 'connect', 'connect'],
    ['0A000', 'configuration', 'configuration'],
    ['42704', 'configuration', 'configuration'],
  ])('%s is %s', (sqlState, errorClass, code) => {
    const error = sessionError(serverError(sqlState));
    expect(error).toMatchObject({ errorClass, code, sqlState });
    expect(error.message).not.toContain('words');
  });
});
