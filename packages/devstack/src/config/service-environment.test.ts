import { temporaryHome } from '../testing/temporary-home';
import { loadSecrets } from '../home/secrets';
import { serviceEnvironment, type ServiceFacts } from './service-environment';

const home = temporaryHome();
afterAll(() => home.remove());

const facts = (parts: Partial<ServiceFacts> = {}): ServiceFacts => ({
  api: { host: '127.0.0.1', port: 8080 },
  databaseUrl: 'postgres://loupe@127.0.0.1/loupe',
  databaseIsGiven: false,
  redisUrl: undefined,
  secrets: loadSecrets(home.secrets, false),
  metricsPort: 9100,
  ...parts,
});

it('hands the user’s settings on, but nothing that bends connections or widens rights', () => {
  const given = {
    PATH: '/bin',
    MAX_CONCURRENT_QUERIES_PER_ORG: '3',
    LOG_FORMAT: 'json',
    PGHOST: 'elsewhere',
    npm_config_registry: 'x',
    MIGRATION_DATABASE_URL: 'postgres://owner@h/d',
    ENGINE_DATABASE_URL: 'postgres://engine@h/d',
    REDIS_URL: '',
    LOG_LEVEL: '',
  };
  const environment = serviceEnvironment(given, facts());
  expect(environment).toMatchObject({
    PATH: '/bin',
    MAX_CONCURRENT_QUERIES_PER_ORG: '3',
    LOG_FORMAT: 'json',
  });
  for (const name of [
    'PGHOST',
    'npm_config_registry',
    'MIGRATION_DATABASE_URL',
    'ENGINE_DATABASE_URL',
    'REDIS_URL',
    'LOG_LEVEL',
  ]) {
    expect(environment).not.toHaveProperty(name);
  }
});

it('decides addresses itself, and prefers the user’s keys to those it made', () => {
  const given = {
    DATABASE_URL: 'x',
    METRICS_PORT: '1',
    REDIS_SENTINELS: 's1:26379',
    REDIS_PASSWORD: 'x',
    ENCRYPTION_KEY: 'mine',
    ENGINE_DATABASE_URL: 'postgres://engine@h/d',
  };
  const environment = serviceEnvironment(
    given,
    facts({ databaseIsGiven: true, redisUrl: 'redis://127.0.0.1' }),
  );
  expect(environment).toMatchObject({
    DATABASE_URL: 'postgres://loupe@127.0.0.1/loupe',
    ENGINE_DATABASE_URL: 'postgres://engine@h/d',
    REDIS_URL: 'redis://127.0.0.1',
    METRICS_PORT: '9100',
    ENCRYPTION_KEY: 'mine',
  });
  // It names one Redis, and nothing else may name another.
  for (const name of ['REDIS_SENTINELS', 'REDIS_PASSWORD']) expect(environment).not.toHaveProperty(name);
});
