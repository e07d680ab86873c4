import { isIPv6 } from 'node:net';
import { invalid, LoupeError } from '../../errors';
import { checkPostgresSettings, tlsModes, type PostgresSettings } from './settings';

const minLength = 10;
const maxLength = 2_048;
// The last `@` ends the user info, as in URLs; the host's own grammar refuses what does not belong there.
const shape =
  /^postgres(?:ql)?:\/\/(?:([^/?#]*)@)?(\[[^\]/?#]*\]|[^:/?#@]*)(?::(\d*))?(?:\/([^?#/]*))?(?:\?([^#]*))?$/i;

function refuse(problem: string): never {
  throw invalid(`connection_string ${problem}`, { fields: { connection_string: problem } });
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return refuse('has a "%" that is not part of a percent-encoding');
  }
}

/** `user:password`; only the first colon separates, so a password may contain more of them. */
function credentials(userInfo: string): { user: string; password?: string } {
  const colon = userInfo.indexOf(':');
  if (colon === -1) return { user: decode(userInfo) };
  return { user: decode(userInfo.slice(0, colon)), password: decode(userInfo.slice(colon + 1)) };
}

/** Options that change nothing for us, and stand in strings that people copy from elsewhere. */
const ignoredOptions = new Set(['application_name', 'connect_timeout']);

/**
 * The only option that counts is `sslmode`. The others of libpq read files on the server (`sslrootcert`,
 * `service`, `passfile`), lead elsewhere (`host`, `hostaddr`), or undo the session's limits (`options`).
 */
function tlsMode(query: string): string {
  let mode: string | undefined;
  for (const pair of query.split('&').filter(Boolean)) {
    const [name = '', value = ''] = pair.split(/=(.*)/s, 2).map(decode);
    if (ignoredOptions.has(name)) continue;
    if (name !== 'sslmode') refuse(`has an option that is not supported; allowed: sslmode`);
    if (mode !== undefined) refuse('names sslmode twice');
    // `allow` would try without encryption first.
    mode = value === 'allow' ? 'prefer' : value;
  }
  if (mode !== undefined && !tlsModes.some((known) => known === mode)) {
    refuse(`has an unknown sslmode; allowed: ${tlsModes.join(', ')}`);
  }
  return mode ?? 'prefer';
}

function checked(settings: object): PostgresSettings {
  try {
    return checkPostgresSettings(settings);
  } catch (error) {
    if (!(error instanceof LoupeError) || !error.fields) throw error;
    const parts = Object.entries(error.fields).map(
      ([field, problem]) => `${field.slice('settings.'.length)} ${problem}`,
    );
    return refuse(`is not valid: ${parts.join('; ')}`);
  }
}

/**
 * `postgres://user:password@host:port/database?sslmode=…` as typed settings. Parsed here and nowhere else: the
 * driver's own parser honours options that read files and change hosts.
 *
 * @throws LoupeError of kind `invalid`; the text never contains a part of the string
 */
export function parsePostgresConnectionString(text: string): PostgresSettings {
  const { length } = [...text];
  if (length < minLength || length > maxLength) {
    refuse(`must have ${String(minLength)} to ${String(maxLength)} characters`);
  }
  const match = shape.exec(text);
  if (!match)
    refuse('must look like postgres://user:password@host:5432/database (special characters percent-encoded)');
  const [, userInfo = '', host = '', port, database = '', query = ''] = match;
  if (host.startsWith('[') && !isIPv6(host.slice(1, -1)))
    refuse('has brackets around what is no IPv6 address');
  const { user, password } = credentials(userInfo);
  if (user === '') refuse('must name a user');
  if (host === '') refuse('must name a host');
  return checked({
    host: host.startsWith('[') ? host.slice(1, -1) : decode(host),
    ...(port && { port: Number(port) }),
    database: decode(database) || user,
    user,
    ...(password !== undefined && { password }),
    tls: { mode: tlsMode(query) },
  });
}
