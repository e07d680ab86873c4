import { redisOptions } from './connection';

describe('a Redis URL', () => {
  it('is taken apart, with its parts decoded', () => {
    expect(redisOptions({ url: 'redis://us%40er:p%2Fw@redis.example.com:6380/3' })).toMatchObject({
      ...{ host: 'redis.example.com', port: 6380, username: 'us@er', password: 'p/w', db: 3 },
    });
  });

  it('has Redis’ own defaults', () => {
    const options = redisOptions({ url: 'redis://localhost' });
    expect(options).toMatchObject({ host: 'localhost', port: 6379, db: 0 });
    for (const absent of ['username', 'password', 'tls']) expect(options).not.toHaveProperty(absent);
  });

  it('may name an IPv6 address, and ask for TLS', () => {
    expect(redisOptions({ url: 'redis://[::1]:1/0' })).toMatchObject({ host: '::1', port: 1 });
    expect(redisOptions({ url: 'rediss://redis.example.com' })).toMatchObject({
      tls: { servername: 'redis.example.com' },
    });
  });

  it.each(['', 'localhost:6379', 'http://localhost', 'postgres://localhost'])(
    'that is %j is refused',
    (url) => {
      expect(() => redisOptions({ url })).toThrow(
        'A Redis URL must look like redis://user:password@host:port/0',
      );
    },
  );
});

describe('Sentinels', () => {
  const group = {
    hosts: [{ host: 's1', port: 26_379 }],
    ...{ name: 'queue', username: undefined, password: undefined, sentinelPassword: undefined, tls: false },
  };

  it('are asked for the master, each for no longer than a moment', () => {
    const options = redisOptions({ sentinels: group });
    expect(options).toMatchObject({ sentinels: group.hosts, name: 'queue', sentinelCommandTimeout: 2_000 });
    for (const absent of ['host', 'username', 'password', 'sentinelPassword', 'tls', 'sentinelTLS']) {
      expect(options).not.toHaveProperty(absent);
    }
  });

  it('have a password of their own, and TLS like the Redis behind them', () => {
    const given = { ...group, username: 'u', password: 'p', sentinelPassword: 's', tls: true };
    expect(redisOptions({ sentinels: given })).toMatchObject({
      ...{ username: 'u', password: 'p', sentinelPassword: 's' },
      ...{ tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true },
    });
  });
});

it('comes back for ever, within 1.5 s once it is there', () => {
  const { retryStrategy } = redisOptions({ url: 'redis://localhost' });
  for (const times of [1, 10, 1_000, 1_000_000]) {
    const delay = retryStrategy(times);
    expect(delay).toBeGreaterThan(0);
    expect(delay).toBeLessThanOrEqual(1_500);
  }
});
