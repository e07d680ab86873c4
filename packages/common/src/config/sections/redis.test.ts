import { LoupeError } from '../../errors';
import { composeConfig } from '../definition';
import { loadConfig } from '../load';
import { appSection } from './app';
import { redisSection } from './redis';

const definition = composeConfig({ app: appSection, redis: redisSection });
const load = (env: Record<string, string>) =>
  loadConfig(definition, env, { workingDirectory: __dirname }).redis.target;

function problemsOf(env: Record<string, string>): Record<string, string> {
  try {
    load(env);
    return {};
  } catch (error) {
    if (error instanceof LoupeError && error.fields !== undefined) return error.fields;
    throw error;
  }
}

const local = { APP_ENV: 'local' };
const sentinels = { ...local, REDIS_SENTINELS: 's1:26379', REDIS_SENTINEL_NAME: 'queue' };

it('is no Redis, one at a URL, or one behind Sentinels', () => {
  expect(load(local)).toBeUndefined();
  expect(load({ ...local, REDIS_URL: 'redis://h', REDIS_NAMESPACE: 'mine' })).toEqual({
    url: 'redis://h',
    namespace: 'mine',
  });
  const said = {
    ...{ ...sentinels, REDIS_SENTINELS: 's1:26379, 10.0.0.2:1,[::1]:2' },
    ...{
      REDIS_USERNAME: 'loupe',
      REDIS_PASSWORD: 'a',
      REDIS_SENTINEL_PASSWORD: 'b',
      REDIS_SENTINEL_TLS: 'true',
    },
  };
  expect(load(said)).toEqual({
    namespace: 'loupe',
    sentinels: {
      hosts: [
        { host: 's1', port: 26_379 },
        { host: '10.0.0.2', port: 1 },
        { host: '::1', port: 2 },
      ],
      ...{ name: 'queue', username: 'loupe', password: 'a', sentinelPassword: 'b', tls: true },
    },
  });
  expect(load(sentinels)).toMatchObject({
    sentinels: { username: undefined, password: undefined, tls: false },
  });
});

it.each(['s1', 's1:', ':1', 's1:0', 's1:65536', 's1:1,', 's1:1;s2:2', 'redis://s1:1', '::1:2'])(
  'refuses %j as Sentinels',
  (text) => {
    expect(problemsOf({ ...sentinels, REDIS_SENTINELS: text })).toHaveProperty('REDIS_SENTINELS');
  },
);

it('refuses what contradicts itself, or says nothing', () => {
  expect(problemsOf({ ...sentinels, REDIS_URL: 'redis://h' })).toHaveProperty('REDIS_SENTINELS');
  expect(problemsOf({ ...sentinels, REDIS_SENTINEL_NAME: '' })).toHaveProperty('REDIS_SENTINEL_NAME');
  for (const name of ['REDIS_USERNAME', 'REDIS_PASSWORD', 'REDIS_SENTINEL_PASSWORD', 'REDIS_SENTINEL_NAME']) {
    expect(problemsOf({ ...local, REDIS_URL: 'redis://h', [name]: 'x' })).toHaveProperty(name);
  }
  expect(problemsOf({ ...local, REDIS_SENTINEL_TLS: 'true' })).toHaveProperty('REDIS_SENTINEL_TLS');
});

it.each(['REDIS_PASSWORD', 'REDIS_SENTINEL_PASSWORD'])(
  'refuses a %s that everybody knows in production',
  (name) => {
    const given = { ...sentinels, [name]: 'Foobared' };
    expect(problemsOf(given)).toEqual({});
    const problem = problemsOf({ ...given, APP_ENV: 'production' })[name];
    expect(problem).toMatch('everybody knows');
    expect(problem).not.toMatch(/foobared/i);
  },
);
