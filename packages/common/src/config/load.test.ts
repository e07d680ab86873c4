import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { LoupeError } from '../errors';
import * as config from './index';

const everything = config.composeConfig({
  app: config.appSection,
  database: config.databaseSection,
  migration: config.migrationSection,
  redis: config.redisSection,
  http: config.httpSection,
  metrics: config.privateEndpointSection(9464),
  tokens: config.tokensSection,
  sealing: config.sealingSection,
  runner: config.runnerSection,
  scheduler: config.schedulerSection,
  limits: config.limitsSection,
  shutdown: config.shutdownSection,
});
const runner = config.composeConfig({ app: config.appSection, opening: config.openingSection });

const nowhere = { workingDirectory: '/nonexistent', secretsDirectory: '/nonexistent' };
const randomKey = (): string => randomBytes(32).toString('base64');
const pem = (type: 'private' | 'public', curve: 'P-256' | 'x25519'): string => {
  const pair =
    curve === 'x25519' ? generateKeyPairSync('x25519') : generateKeyPairSync('ec', { namedCurve: curve });
  return type === 'private'
    ? pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    : pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
};

const minimal = {
  DATABASE_URL: 'postgres://app@localhost/loupe',
  ENCRYPTION_KEY: randomKey(),
  PASSWORD_PEPPER: randomKey(),
};
const production = {
  ...minimal,
  APP_ENV: 'production',
  DATABASE_URL: 'postgres://app:a8f6c0d1e2@db.internal/loupe',
  MIGRATION_DATABASE_URL: 'postgres://owner:b7f6c0d1e2@db.internal/loupe',
  JWT_SIGNING_KEYS: pem('private', 'P-256'),
};

const load = (env: Record<string, string>) => config.loadConfig(everything, env, nowhere);

function problemsOf(env: Record<string, string>, definition: config.ConfigDefinition<unknown> = everything) {
  try {
    config.loadConfig(definition, env, nowhere);
  } catch (error) {
    if (error instanceof LoupeError) return error.fields ?? {};
    throw error;
  }
  return {};
}

describe('loadConfig', () => {
  it('fills in the documented defaults', () => {
    const loaded = load(minimal);
    expect(loaded).toMatchObject({
      app: { environment: 'local', isProduction: false, logLevel: 'info', logFormat: 'json' },
      database: {
        engineUrl: minimal.DATABASE_URL,
        runnerUrl: minimal.DATABASE_URL,
        minConnections: 2,
        maxConnections: 10,
        sslMode: 'prefer',
      },
      migration: { url: minimal.DATABASE_URL, sharesLogin: true },
      redis: { target: undefined },
      http: { host: '127.0.0.1', port: 8080, trustProxy: false, cspMode: 'strict', enableHsts: false },
      tokens: { signingKeysAreTemporary: true, accessLifetimeSeconds: 86_400 },
      limits: { running: { perOrg: 10, global: 100 }, resultTtlDays: 7 },
      scheduler: { pollIntervalSeconds: 10 },
      runner: { slots: 8, pools: ['interactive', 'scheduled', 'quarantine'], maxResultBytes: 52_428_800 },
      shutdown: { graceSeconds: 30 },
    });
    expect(loaded.runner.id).toMatch(/^runner-[0-9a-f]{12}$/);
  });

  it('reads production, with its stricter TLS default and the given signing keys in their order', () => {
    const keys = `${pem('private', 'P-256')}${pem('private', 'P-256')}`;
    const loaded = load({ ...production, JWT_SIGNING_KEYS: keys.replaceAll('\n', '\\n') });
    expect(loaded.app).toMatchObject({ environment: 'prod', isProduction: true });
    expect(loaded.database.sslMode).toBe('require');
    expect(loaded.tokens.signingKeysAreTemporary).toBe(false);
    expect(
      loaded.tokens.signingKeys.map((key) => key.export({ type: 'pkcs8', format: 'pem' })).join(''),
    ).toBe(keys);
  });

  it('tells every problem at once, by variable', () => {
    const problems = problemsOf({
      API_PORT: 'many',
      DB_MIN_CONNECTIONS: '20',
      RUNNER_POOLS: 'fast',
      LOG_LEVEL: 'loud',
    });
    expect(Object.keys(problems).sort()).toEqual([
      'API_PORT',
      'DATABASE_URL',
      'DB_MIN_CONNECTIONS',
      'ENCRYPTION_KEY',
      'LOG_LEVEL',
      'PASSWORD_PEPPER',
      'RUNNER_POOLS',
    ]);
    for (const [name, problem] of Object.entries(problems)) expect(problem).toContain(name);
  });

  it('never repeats a value, whatever variable it was put in', () => {
    const canary = 'c4n4ry-Sup3rS3cret';
    const env = Object.fromEntries(
      everything.variables.map(({ name }) => [name, `postgres://${canary}@:x,${canary}`]),
    );
    const text = inspect(problemsOf(env), { depth: 10 });
    expect(text).toContain('API_PORT');
    expect(text.toLowerCase()).not.toContain(canary.toLowerCase());
  });

  it('lets the services’ own login migrate unless another is given', () => {
    expect(load(minimal).migration).toMatchObject({ url: minimal.DATABASE_URL, sharesLogin: true });
    const owner = 'postgres://owner@localhost/loupe';
    expect(load({ ...minimal, MIGRATION_DATABASE_URL: owner }).migration).toMatchObject({
      ...{ url: owner, applicationUrl: minimal.DATABASE_URL, sharesLogin: false },
    });
  });

  it('lets access tokens live from 1 to 720 hours', () => {
    const hours = (value: string) => ({ ...minimal, JWT_EXPIRATION_HOURS: value });
    expect(load(hours('1')).tokens.accessLifetimeSeconds).toBe(3_600);
    expect(load(hours('720')).tokens.accessLifetimeSeconds).toBe(720 * 3_600);
    for (const value of ['0', '-1', '721', '1.5'])
      expect(problemsOf(hours(value))).toHaveProperty('JWT_EXPIRATION_HOURS');
  });

  it('treats an empty variable as unset', () => {
    expect(load({ ...minimal, REDIS_URL: '', LOG_LEVEL: ' ' })).toMatchObject({
      redis: { target: undefined },
      app: { logLevel: 'info' },
    });
  });

  it('is frozen all the way down, and shows no key when printed', () => {
    const loaded = load(minimal);
    expect(Object.isFrozen(loaded)).toBe(true);
    expect(Object.isFrozen(loaded.limits.queueDeadlineSeconds)).toBe(true);
    expect(Object.isFrozen(loaded.runner.pools)).toBe(true);
    expect(inspect(loaded, { depth: 10 }) + JSON.stringify(loaded)).not.toContain(minimal.PASSWORD_PEPPER);
  });
});

describe('keys', () => {
  it.each([
    ['too short', Buffer.from('short').toString('base64')],
    ['not base64', 'x'.repeat(44)],
    ['all the same byte', Buffer.alloc(32, 7).toString('base64')],
    ['typed text', Buffer.from('change-me-change-me-change-me-32').toString('base64')],
    ['plain text', 'change-me-change-me-change-me-32'],
  ])('refuses a key that is %s, in every environment', (_, key) => {
    expect(problemsOf({ ...minimal, PASSWORD_PEPPER: key })).toHaveProperty('PASSWORD_PEPPER');
    expect(problemsOf({ ...production, ENCRYPTION_KEY: key })).toHaveProperty('ENCRYPTION_KEY');
  });

  it('refuses one key for two purposes', () => {
    expect(problemsOf({ ...minimal, PASSWORD_PEPPER: minimal.ENCRYPTION_KEY })).toEqual({
      ENCRYPTION_KEY: 'ENCRYPTION_KEY must differ from PASSWORD_PEPPER',
    });
  });

  it('refuses keys of another kind, or with something beside them', () => {
    for (const keys of [
      pem('public', 'P-256'),
      pem('private', 'x25519'),
      'no key',
      '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----',
      `${production.JWT_SIGNING_KEYS}${pem('public', 'P-256')}`,
    ]) {
      expect(problemsOf({ ...minimal, JWT_SIGNING_KEYS: keys })).toHaveProperty('JWT_SIGNING_KEYS');
    }
  });

  it('puts the next encryption key before the present one', () => {
    const next = randomKey();
    const { keys } = load({ ...minimal, ENCRYPTION_KEY_V2: next }).sealing;
    expect(keys.map((key) => key.export().toString('base64'))).toEqual([next, minimal.ENCRYPTION_KEY]);
  });

  it('gives each side its half of a pair, and refuses halves beside an encryption key', () => {
    const { ENCRYPTION_KEY, ...others } = minimal;
    expect(load({ ...others, SECRETS_PUBLIC_KEY: pem('public', 'x25519') }).sealing.keys).toHaveLength(1);
    expect(problemsOf({ SECRETS_PRIVATE_KEY: pem('private', 'x25519') }, runner)).toEqual({});
    expect(
      problemsOf({ SECRETS_PRIVATE_KEY: pem('private', 'x25519'), ENCRYPTION_KEY }, runner),
    ).toHaveProperty('SECRETS_PRIVATE_KEY');
    expect(problemsOf({ ...others, SECRETS_PUBLIC_KEY: pem('private', 'x25519') })).toHaveProperty(
      'SECRETS_PUBLIC_KEY',
    );
    expect(problemsOf({}, runner)).toEqual({
      ENCRYPTION_KEY: 'ENCRYPTION_KEY (or SECRETS_PRIVATE_KEY) is required',
    });
  });
});

describe('production', () => {
  it.each(['disable', 'allow', 'prefer'])('refuses DB_SSL_MODE %s', (mode) => {
    expect(problemsOf({ ...production, DB_SSL_MODE: mode })).toHaveProperty('DB_SSL_MODE');
    expect(load({ ...minimal, DB_SSL_MODE: mode }).database.sslMode).toBe(mode);
  });

  it('requires signing keys', () => {
    expect(problemsOf({ ...production, JWT_SIGNING_KEYS: '' })).toHaveProperty('JWT_SIGNING_KEYS');
  });

  it('requires a pepper', () => {
    expect(problemsOf({ ...production, PASSWORD_PEPPER: '' })).toHaveProperty('PASSWORD_PEPPER');
    expect(load(production).tokens.passwordPepper.export().toString('base64')).toBe(minimal.PASSWORD_PEPPER);
  });

  it('refuses one login for migrations and services', () => {
    const shared = 'postgres://app:other-1f0c9a@db.internal/loupe';
    expect(problemsOf({ ...production, MIGRATION_DATABASE_URL: shared })).toHaveProperty(
      'MIGRATION_DATABASE_URL',
    );
    expect(problemsOf({ ...production, MIGRATION_DATABASE_URL: '' })).toHaveProperty(
      'MIGRATION_DATABASE_URL',
    );
    expect(load(production).migration.sharesLogin).toBe(false);
  });

  it('refuses passwords that everybody knows', () => {
    const url = 'postgres://app:Postgres@db.internal/loupe';
    expect(problemsOf({ ...production, DATABASE_URL: url })).toHaveProperty('DATABASE_URL');
    expect(problemsOf({ ...minimal, DATABASE_URL: url })).toEqual({});
    expect(problemsOf({ ...production, REDIS_URL: 'redis://:foobared@cache' })).toHaveProperty('REDIS_URL');
  });
});

describe('single variables', () => {
  it.each([
    ['DATABASE_URL', 'postgres://app:50%off@localhost/loupe'],
    ['DATABASE_URL', 'postgres://app@localhost/%zz'],
    ['REDIS_URL', 'redis://:50%off@localhost'],
  ])('says what is wrong with the %% in %s=%s', (name, value) => {
    const problem = problemsOf({ ...production, [name]: value })[name];
    expect(problem).toMatch(new RegExp(`^${name} has a "%" that is not part of a percent-encoding`));
    expect(problem).not.toContain('off');
  });

  it.each([
    ['DATABASE_URL', 'mysql://app@localhost/loupe'],
    ['DATABASE_URL', 'postgres:///loupe'],
    ['DATABASE_URL', 'postgres://app@localhost/loupe?sslmode=disable'],
    ['REDIS_URL', 'http://localhost'],
    ['REDIS_NAMESPACE', 'Loupe!'],
    ['API_PORT', '70000'],
    ['API_HOST', 'not a host'],
    ['JWT_EXPIRATION_HOURS', '721'],
    ['DEFAULT_PAGE_SIZE', '101'],
    ['CORS_ALLOWED_ORIGINS', '*'],
    ['CORS_ALLOWED_ORIGINS', 'https://a.example/path'],
    ['TRUST_PROXY', 'true'],
    ['TRUST_PROXY', '11'],
    ['TRUST_PROXY', '0.0.0.0/0'],
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['RUNNER_POOLS', 'interactive,interactive'],
    ['RUNNER_ID', 'with space'],
    ['INTERACTIVE_RESERVED_SHARE', '1.5'],
    ['MAX_RESULT_CELL_BYTES', '67108864'],
    ['ENABLE_HSTS', 'perhaps'],
  ])('refuses %s=%s', (name, value) => {
    expect(problemsOf({ ...minimal, [name]: value })).toHaveProperty(name);
  });

  it('reads lists, hops and ranges', () => {
    const loaded = load({
      ...minimal,
      CORS_ALLOWED_ORIGINS: 'https://a.example, http://b.example:8081',
      TRUST_PROXY: '2',
    });
    expect(loaded.http.corsAllowedOrigins).toEqual(['https://a.example', 'http://b.example:8081']);
    expect(loaded.http.trustProxy).toBe(2);
    expect(load({ ...minimal, TRUST_PROXY: '10.0.0.0/8, ::1' }).http.trustProxy).toEqual([
      '10.0.0.0/8',
      '::1',
    ]);
    expect(load({ ...minimal, TRUST_PROXY: '0' }).http.trustProxy).toBe(false);
  });
});
