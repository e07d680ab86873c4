import { LoupeError } from '../../errors';
import { composeConfig } from '../definition';
import { loadConfig } from '../load';
import { appSection } from './app';
import { cacheSection } from './cache';
import { redisSection } from './redis';

const definition = composeConfig({ app: appSection, redis: redisSection, cache: cacheSection });
const load = (env: Record<string, string>) =>
  loadConfig(definition, { APP_ENV: 'local', ...env }, { workingDirectory: __dirname }).cache;

function problemsOf(env: Record<string, string>): Record<string, string> {
  try {
    load(env);
    return {};
  } catch (error) {
    if (error instanceof LoupeError && error.fields !== undefined) return error.fields;
    throw error;
  }
}

it('keeps bodies in the process unless it is told otherwise', () => {
  expect(load({})).toEqual({
    isEnabled: true,
    redisUrl: undefined,
    lifetimeSeconds: 300,
    maxBytes: 64 * 1_048_576,
  });
  const told = { CACHE_ENABLED: 'false', CACHE_DEFAULT_TTL: '10', CACHE_REDIS_URL: 'redis://cache' };
  expect(load(told)).toMatchObject({ isEnabled: false, lifetimeSeconds: 10, redisUrl: 'redis://cache' });
});

it.each([
  ['redis://h', 'redis://h'],
  ['redis://h:6379/0', 'redis://user:secret@h/1'],
  ['redis://h:7000', 'rediss://H:7000'],
])('refuses the queue’s server: %s and %s', (queue, cache) => {
  expect(problemsOf({ REDIS_URL: queue, CACHE_REDIS_URL: cache })).toHaveProperty('CACHE_REDIS_URL');
});

it('takes another server', () => {
  expect(problemsOf({ REDIS_URL: 'redis://h', CACHE_REDIS_URL: 'redis://h:6380' })).toEqual({});
});

it('refuses a password that everybody knows in production', () => {
  const url = 'redis://:Foobared@cache';
  expect(problemsOf({ CACHE_REDIS_URL: url })).toEqual({});
  const problem = problemsOf({ CACHE_REDIS_URL: url, APP_ENV: 'production' })['CACHE_REDIS_URL'];
  expect(problem).toMatch('everybody knows');
  expect(problem).not.toMatch(/foobared/i);
});
