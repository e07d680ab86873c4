import { join } from 'node:path';
import { REPOSITORY } from '../home/loupe-home';
import { readStartConfig } from './start-config';

const DATABASE_URL = 'postgres://me:enough-for-a-test@db.example.com/loupe';

it('needs no setting at all', () => {
  expect(readStartConfig([], {})).toEqual({
    fresh: false,
    folder: join(REPOSITORY, '.loupe'),
    api: { host: '127.0.0.1', port: 8080 },
    database: undefined,
    redisUrl: undefined,
  });
});

it('takes the user’s own servers; the owner’s login is the application’s unless it is named', () => {
  const config = readStartConfig([], {
    DATABASE_URL,
    REDIS_URL: 'redis://r.example.com',
    LOUPE_HOME: '/var/tmp/l',
    API_PORT: '',
  });
  expect(config).toMatchObject({
    folder: '/var/tmp/l',
    api: { port: 8080 },
    database: { url: DATABASE_URL, migrationUrl: DATABASE_URL, sslMode: 'prefer' },
    redisUrl: 'redis://r.example.com',
  });
});

it('tells all problems at once, without the values', () => {
  const read = (): unknown => readStartConfig([], { API_PORT: '99999', DATABASE_URL: 'mysql://secret@h/d' });
  expect(read).toThrow(/API_PORT.*DATABASE_URL/);
  expect(read).not.toThrow('secret');
});

it('removes nothing of the user’s', () => {
  expect(readStartConfig(['--fresh'], {})).toMatchObject({ fresh: true });
  expect(() => readStartConfig(['--fresh'], { DATABASE_URL })).toThrow(
    'DATABASE_URL names something of yours',
  );
  expect(() => readStartConfig(['--fresh'], { REDIS_URL: 'redis://r' })).toThrow(
    'REDIS_URL names something of yours',
  );
});

it('knows its flags', () => {
  expect(readStartConfig(['--help'], { API_PORT: 'x' })).toBe('help');
  expect(() => readStartConfig(['--frsh'], {})).toThrow(
    "Unknown option '--frsh': npm start -- --help lists what there is.",
  );
  expect(() => readStartConfig(['fresh'], {})).toThrow('npm start -- --help lists what there is.');
});
