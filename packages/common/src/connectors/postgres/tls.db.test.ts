import { createCertificate } from '../../testing/certificate';
import { asSuperuser } from '../../testing/test-database';
import { collect, failureOf } from '../../testing/connector-conformance';
import { openPostgresSource, type PostgresSource } from '../../testing/connector-conformance-postgres';
import { eventually } from '../../testing/eventually';
import { openSession } from '../open';
import type { TlsSettings } from './settings';

let source: PostgresSource;
let ca: string;

const lines = "SELECT unnest(string_to_array(pg_catalog.current_setting('test.pem'), E'\\n'))";

/** Puts a certificate before the running test server. Connections without TLS go on as before. */
async function switchTlsOn(pem: { cert: string; key: string }): Promise<void> {
  await asSuperuser('postgres', async (client) => {
    for (const [file, text] of [
      ['loupe-test.crt', pem.cert],
      ['loupe-test.key', pem.key],
    ] as const) {
      await client.query("SELECT set_config('test.pem', $1, false)", [text.trim().replaceAll('\r', '')]);
      await client.query(`COPY (${lines}) TO PROGRAM 'umask 077; cat > ${file}'`);
    }
    await client.query("ALTER SYSTEM SET ssl_cert_file = 'loupe-test.crt'");
    await client.query("ALTER SYSTEM SET ssl_key_file = 'loupe-test.key'");
    await client.query('ALTER SYSTEM SET ssl = on');
    await client.query('SELECT pg_reload_conf()');
  });
}

async function switchTlsOff(): Promise<void> {
  await asSuperuser('postgres', async (client) => {
    for (const name of ['ssl', 'ssl_cert_file', 'ssl_key_file'])
      await client.query(`ALTER SYSTEM RESET ${name}`);
    await client.query('SELECT pg_reload_conf()');
  });
}

const open = (tls: TlsSettings, host = 'localhost') =>
  openSession('postgres', {
    settings: { ...source.settings, host, tls },
    tag: { runId: 'tls', attempt: 1 },
    signal: new AbortController().signal,
  });

const isEncrypted = async (tls: TlsSettings, host?: string): Promise<unknown> => {
  const text = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
  return (await collect(() => open(tls, host), { text })).rows[0]?.[0];
};

beforeAll(async () => {
  source = await openPostgresSource();
});

afterAll(() => source.close());

describe('a server without TLS', () => {
  it('is used in the clear where that is allowed', async () => {
    expect(await isEncrypted({ mode: 'prefer' })).toBe(false);
    expect(await isEncrypted({ mode: 'disable' })).toBe(false);
  });

  it.each(['require', 'verify-ca', 'verify-full'] as const)('is refused with %s', async (mode) => {
    expect((await failureOf(open({ mode }), 'tls')).code).toBe('tls_failed');
  });
});

describe('a server with a certificate of its own authority', () => {
  beforeAll(async () => {
    const pem = await createCertificate('localhost');
    ca = pem.cert;
    await switchTlsOn(pem);
    await eventually('TLS is on', () => isEncrypted({ mode: 'prefer' }) as Promise<boolean>);
  });

  afterAll(switchTlsOff);

  it('is encrypted whether or not anything is verified', async () => {
    for (const mode of ['prefer', 'require'] as const) expect(await isEncrypted({ mode })).toBe(true);
    expect(await isEncrypted({ mode: 'disable' })).toBe(false);
  });

  it('is verified by its authority, and by its name where that is asked', async () => {
    expect(await isEncrypted({ mode: 'verify-full', ca })).toBe(true);
    expect(await isEncrypted({ mode: 'verify-ca', ca })).toBe(true);
    expect(await isEncrypted({ mode: 'verify-ca', ca }, '127.0.0.1')).toBe(true);
    expect((await failureOf(open({ mode: 'verify-full', ca }, '127.0.0.1'), 'tls')).code).toBe('tls_failed');
  });

  it('is refused where its authority is not trusted', async () => {
    const { cert: stranger } = await createCertificate('localhost');
    for (const mode of ['verify-ca', 'verify-full'] as const) {
      await failureOf(open({ mode }), 'tls');
      await failureOf(open({ mode, ca: stranger }), 'tls');
    }
  });

  it('is cancelled over TLS as well', async () => {
    const text = 'SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b';
    const stop = new AbortController();
    const run = collect(() => open({ mode: 'verify-full', ca }), { text, signal: stop.signal });
    const failed = failureOf(run, 'cancelled');
    await eventually('the statement runs', async () => (await source.running()).includes(text));
    stop.abort();
    await failed;
    expect(await source.running()).toEqual([]);
  });
});
