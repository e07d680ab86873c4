import fc from 'fast-check';
import { LoupeError } from '../../errors';
import { createCertificate } from '../../testing/certificate';
import { connectorTypes, findConnector } from '../registry';
import { parsePostgresConnectionString as parse } from './connection-string';
import { postgresConnector } from './index';

function refusal(action: () => unknown): LoupeError {
  try {
    action();
  } catch (error) {
    if (error instanceof LoupeError && error.kind === 'invalid') return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

let own: { cert: string; key: string };
beforeAll(async () => {
  own = await createCertificate('db');
});

describe('settings', () => {
  const least = { host: 'DB.example.com', database: 'd', user: 'u' };

  it('default to the standard port and to full verification', () => {
    expect(postgresConnector.checkSettings(least)).toEqual({
      ...least,
      host: 'db.example.com',
      port: 5432,
      tls: { mode: 'verify-full' },
    });
    expect(postgresConnector.checkSettings({ ...least, tls: {} }).tls).toEqual({ mode: 'verify-full' });
  });

  it('refuse fields that they do not have, which would otherwise be taken for settings that hold', () => {
    const input = { ...least, options: '-c x=y', tls: { sslmode: 'require' } };
    const { fields } = refusal(() => postgresConnector.checkSettings(input));
    expect(fields).toEqual({
      'settings.options': 'is not a setting',
      'settings.tls.sslmode': 'is not a setting',
    });
  });

  it('take null for absent', () => {
    const tls = { mode: null, ca: null, cert: null, key: null };
    const expected = postgresConnector.checkSettings(least);
    expect(postgresConnector.checkSettings({ ...least, port: null, password: null, tls: null })).toEqual(
      expected,
    );
    expect(postgresConnector.checkSettings({ ...least, tls })).toEqual(expected);
    expect(refusal(() => postgresConnector.checkSettings({ ...least, host: null })).fields).toEqual({
      'settings.host': 'is required',
    });
  });

  it('are typed by JSON: text that looks like a number is text', () => {
    const { fields } = refusal(() => postgresConnector.checkSettings({ ...least, port: '5432' }));
    expect(fields).toEqual({ 'settings.port': 'must be a number' });
  });

  it('hold certificates and keys that can be read', () => {
    const { cert, key } = own;
    expect(
      postgresConnector.checkSettings({ ...least, tls: { ca: cert + cert, cert, key } }).tls,
    ).toMatchObject({ cert, key });
    const broken = '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n';
    const { fields } = refusal(() =>
      postgresConnector.checkSettings({ ...least, tls: { ca: broken, cert: `${cert}hush`, key: cert } }),
    );
    expect(fields).toEqual({
      'settings.tls.ca': 'must be certificates in PEM',
      'settings.tls.cert': 'must be certificates in PEM',
      'settings.tls.key': 'must be a private key in PEM, without a passphrase',
    });
    expect(refusal(() => postgresConnector.checkSettings({ ...least, tls: { cert } })).fields).toEqual({
      'settings.tls': 'must contain key as well',
    });
  });

  it('name all problems at once, and echo nothing', () => {
    const key = 'hush hush, not PEM';
    const input = { host: '/tmp', port: 70_000, user: 'a\0hush', tls: { mode: 'none', key }, password: 7 };
    const error = refusal(() => postgresConnector.checkSettings(input));
    expect(Object.keys(error.fields ?? {}).sort()).toEqual([
      'settings.database',
      'settings.host',
      'settings.password',
      'settings.port',
      'settings.tls',
      'settings.tls.key',
      'settings.tls.mode',
      'settings.user',
    ]);
    expect(JSON.stringify([error.message, error.fields])).not.toContain('hush');
  });

  it.each([undefined, null, 'x', [], 7])('are an object, not %p', (input) => {
    expect(refusal(() => postgresConnector.checkSettings(input)).fields).toHaveProperty('settings');
  });
});

describe('secrets', () => {
  const withSecrets = () =>
    postgresConnector.checkSettings({
      ...{ host: 'db', database: 'd', user: 'u', password: 's3cret' },
      tls: { mode: 'require', cert: own.cert, key: own.key },
    });

  it('are apart from what may be shown, and come back', () => {
    const split = postgresConnector.splitSecrets(withSecrets());
    expect(JSON.stringify(split.settings)).not.toMatch(/s3cret|PRIVATE KEY/);
    expect(split.secrets).toEqual({ password: 's3cret', tlsKey: own.key });
    expect(postgresConnector.joinSecrets(split.settings, split.secrets)).toEqual(withSecrets());
  });

  it.each<[string, { change: object; given: string[] }, unknown]>([
    ['nothing changes', { change: {}, given: [] }, 'keep'],
    ['only the database changes', { change: { database: 'other' }, given: [] }, 'keep'],
    ['the host changes', { change: { host: 'other' }, given: [] }, { missing: ['password', 'tls.key'] }],
    ['the port changes', { change: { port: 5433 }, given: ['tlsKey'] }, { missing: ['password'] }],
    ['the user changes', { change: { user: 'other' }, given: ['password'] }, { missing: ['tls.key'] }],
    [
      'the host changes and all are given',
      { change: { host: 'other' }, given: ['password', 'tlsKey'] },
      'replace',
    ],
    ['one of two is given', { change: {}, given: ['tlsKey'] }, { missing: ['password'] }],
    ['the certificate goes', { change: { tls: { mode: 'disable' } }, given: [] }, { missing: ['password'] }],
    [
      'the certificate goes and the password is given',
      { change: { tls: { mode: 'disable' } }, given: ['password'] },
      'replace',
    ],
  ])('when %s', (_when, { change, given }, decision) => {
    const { settings: before, secrets } = postgresConnector.splitSecrets(withSecrets());
    const after = { ...before, ...change };
    const stored = Object.keys(secrets);
    expect(postgresConnector.judgeSecrets({ before, after, stored, given })).toEqual(decision);
  });

  it('that nobody gave are not asked for', () => {
    const { settings: before } = postgresConnector.splitSecrets(withSecrets());
    const change = { before, after: { ...before, host: 'other' }, stored: [], given: [] };
    expect(postgresConnector.judgeSecrets(change)).toBe('replace');
  });
});

describe('a connection string', () => {
  const base = { host: 'h', port: 5432, database: 'd', user: 'u', tls: { mode: 'prefer' } };

  it.each<[string, object]>([
    ['postgres://u@h/d', base],
    ['postgresql://u@h/d', base],
    ['POSTGRES://u@h/d', base],
    ['postgres://u:p@h:6000/d', { ...base, password: 'p', port: 6000 }],
    ['postgres://u:p@h', { ...base, database: 'u', password: 'p' }],
    ['postgres://u:p@h/', { ...base, database: 'u', password: 'p' }],
    ['postgres://u:@h/d', { ...base, password: '' }],
    ['postgres://u:a--b;sp_x@h/d', { ...base, password: 'a--b;sp_x' }],
    ['postgres://u:a:b@h/d', { ...base, password: 'a:b' }],
    ['postgres://u:p%40%2F%3F%23%25@h/d', { ...base, password: 'p@/?#%' }],
    ['postgres://u:p@x@h/d', { ...base, password: 'p@x' }],
    ['postgres://a%20b:p@h/d%2Fe', { ...base, user: 'a b', password: 'p', database: 'd/e' }],
    ['postgres://u@[::1]:6000/d', { ...base, host: '::1', port: 6000 }],
    ['postgres://u@127.0.0.1/d', { ...base, host: '127.0.0.1' }],
    ['postgres://u@h/d?', base],
    ['postgres://u@h/d?sslmode=verify-full', { ...base, tls: { mode: 'verify-full' } }],
    ['postgres://u@h/d?sslmode=disable', { ...base, tls: { mode: 'disable' } }],
    ['postgres://u@h/d?sslmode=allow', base],
    ['postgres://u@h/d?application_name=x&connect_timeout=5', base],
  ])('%s', (text, settings) => {
    expect(parse(text)).toEqual(settings);
  });

  it.each([
    ['another scheme', 'mysql://u:hush@h/d'],
    ['no scheme', 'u:hush@h:5432/d'],
    ['no host', 'postgres://u:hush@/d'],
    ['no user', 'postgres://h.example/d'],
    ['no user but a password', 'postgres://:hush@h/d'],
    ['a socket', 'postgres://u:hush@%2Fvar%2Frun/d'],
    ['a name in brackets', 'postgres://u:hush@[h]/d'],
    ['an IPv4 address in brackets', 'postgres://u:hush@[127.0.0.1]/d'],
    ['two hosts', 'postgres://u:hush@h1,h2/d'],
    ['two hosts with ports', 'postgres://u:hush@h1:1,h2:2/d'],
    ['a host that is an address in disguise', 'postgres://u:hush@127.1/d'],
    ['a zone', 'postgres://u:hush@[fe80::1%25eth0]/d'],
    ['a port that is none', 'postgres://u:hush@h:0/d'],
    ['a port above all', 'postgres://u:hush@h:65536/d'],
    ['a fragment', 'postgres://u:hush@h/d#x'],
    ['a host in the options', 'postgres://u:hush@h/d?host=/tmp'],
    ['a file in the options', 'postgres://u:hush@h/d?sslrootcert=/etc/passwd'],
    ['server options', 'postgres://u:hush@h/d?options=-c%20x%3Dy'],
    ['an unknown option', 'postgres://u:hush@h/d?hush=1'],
    ['an option in disguise', 'postgres://u:hush@h/d?%6fptions=x'],
    ['an unknown sslmode', 'postgres://u:hush@h/d?sslmode=hush'],
    ['two sslmodes', 'postgres://u:hush@h/d?sslmode=disable&sslmode=require'],
    ['a broken encoding', 'postgres://u:hush%zz@h/d'],
    ['U+0000', 'postgres://u:hush@h/a%00b'],
    ['too few characters', 'postgres:'],
    ['too many characters', `postgres://u:hush@h/${'d'.repeat(2_048)}`],
  ])('with %s is refused, and not echoed', (_what, text) => {
    const error = refusal(() => parse(text));
    expect(Object.keys(error.fields ?? {})).toEqual(['connection_string']);
    expect(error.message).not.toContain('hush');
  });

  it('carries any credentials and any database name that are percent-encoded', () => {
    const name = fc
      .string({ minLength: 1, maxLength: 40, unit: 'grapheme' })
      .filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(name, name, name, (user, password, database) => {
        const [u, p, d] = [user, password, database].map(encodeURIComponent);
        expect(parse(`postgres://${u}:${p}@h/${d}`)).toMatchObject({ user, password, database });
      }),
    );
  });

  it('takes milliseconds to refuse, however it is built', () => {
    const begin = performance.now();
    for (const piece of ['@', ':', '/', '?', '&', '%', '[', 'a@b:']) {
      refusal(() => parse(`postgres://${piece.repeat(2_000 / piece.length)}`));
    }
    expect(performance.now() - begin).toBeLessThan(500);
  });
});

describe('the registry', () => {
  it('knows the connectors by type', () => {
    expect(connectorTypes).toEqual(['postgres']);
    expect(findConnector('postgres')?.label).toBe('PostgreSQL');
    expect(findConnector('sqlite')).toBeUndefined();
  });

  it('loads no driver', () => {
    const loaded = Object.keys(require.cache).filter((path) => /node_modules\/pg\//.test(path));
    expect(loaded).toEqual([]);
  });
});
