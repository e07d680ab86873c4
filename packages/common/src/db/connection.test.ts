import { connectionOf, loginOf } from './connection';

describe('a database URL', () => {
  it('is taken apart, with its parts decoded', () => {
    expect(connectionOf('postgres://us%40er:p%2Fw%3A@db.example.com:6432/my%20db', 'disable')).toMatchObject({
      ...{
        host: 'db.example.com',
        port: 6432,
        user: 'us@er',
        password: 'p/w:',
        database: 'my db',
        ssl: false,
      },
    });
  });

  it('has PostgreSQL’s own defaults: its port, and a database named like the user', () => {
    expect(connectionOf('postgresql://loupe@localhost', 'disable')).toMatchObject({
      ...{ host: 'localhost', port: 5432, user: 'loupe', password: '', database: 'loupe' },
    });
  });

  it('may name an IPv6 address', () => {
    expect(connectionOf('postgres://u:p@[::1]:5433/d', 'disable')).toMatchObject({ host: '::1', port: 5433 });
  });

  it.each(['', 'not a url', 'mysql://u:p@h/d', 'postgres:///d', '/var/run/postgresql'])(
    'that is %j is refused without being repeated',
    (url) => {
      expect(() => connectionOf(url, 'disable')).toThrow(
        expect.objectContaining({
          ...{ kind: 'invalid' },
          message: 'A database URL must look like postgres://user:password@host:port/database',
        }) as Error,
      );
    },
  );

  it('names the login', () => {
    expect(loginOf('postgres://lou%20pe:secret@h/d')).toBe('lou pe');
  });
});

describe('TLS', () => {
  const ssl = (mode: Parameters<typeof connectionOf>[1], query = ''): unknown =>
    connectionOf(`postgres://u:p@h/d${query}`, mode).ssl;

  it.each(['disable', 'allow', 'prefer'] as const)('is not used with %s', (mode) => {
    expect(ssl(mode)).toBe(false);
  });

  it('checks nothing with require, the authority with verify-ca, and the name too with verify-full', () => {
    expect(ssl('require')).toEqual({ rejectUnauthorized: false });
    expect(ssl('verify-ca')).toEqual({
      ...{ rejectUnauthorized: true, checkServerIdentity: expect.any(Function) },
    });
    expect(ssl('verify-full')).toEqual({ rejectUnauthorized: true });
  });

  it.each(['verify-full', 'disable', 'verify-none'])('is not for the URL to choose: sslmode=%s', (mode) => {
    expect(() => ssl('verify-full', `?sslmode=${mode}`)).toThrow(
      expect.objectContaining({ kind: 'invalid', message: expect.stringContaining('sslmode') }) as Error,
    );
  });
});
