import Joi from 'joi';
import { refuse } from './values';

/** Passwords from installation guides and compose files. No secret of a production system is among them. */
const WELL_KNOWN_PASSWORDS = new Set(
  (
    'postgres postgresql redis password passwd pass secret changeme change-me change_me default example admin ' +
    'root test demo loupe loupe_app loupe_engine loupe_runner 1234 12345 123456 12345678 foobared'
  ).split(' '),
);

function parse(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function isDecodable(part: string): boolean {
  try {
    decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}

interface UrlRules {
  protocols: string[];
  /** What a query part must not set, because a variable of its own does. */
  reserved?: { pattern: RegExp; instead: string };
}

function secretUrl(rules: UrlRules): Joi.StringSchema {
  const allowed = rules.protocols.map((protocol) => `${protocol}//`).join(' or ');
  return Joi.string()
    .custom((text: string, helpers) => {
      const url = parse(text);
      if (!url || !rules.protocols.includes(url.protocol) || url.hostname === '') {
        return refuse(helpers, `must be a URL that starts with ${allowed} and names a host`);
      }
      if (![url.username, url.password, url.hostname, url.pathname].every(isDecodable)) {
        return refuse(
          helpers,
          'has a "%" that is not part of a percent-encoding (a "%" itself is written %25)',
        );
      }
      if ([...url.searchParams.keys()].some((name) => rules.reserved?.pattern.test(name))) {
        return refuse(helpers, `must not set TLS itself: use ${rules.reserved?.instead ?? ''}`);
      }
      return text;
    })
    .meta({ secret: true, allowed: rules.protocols.map((protocol) => `\`${protocol}//…\``).join(', ') });
}

/**
 * URL of the metadata database. Its query part may not choose TLS: node-postgres lets that win over everything,
 * which would go round the rule that production refuses weak modes.
 */
export const databaseUrl = (): Joi.StringSchema =>
  secretUrl({
    protocols: ['postgres:', 'postgresql:'],
    reserved: { pattern: /^ssl|^uselibpqcompat$/i, instead: 'DB_SSL_MODE' },
  });

export const redisUrl = (): Joi.StringSchema => secretUrl({ protocols: ['redis:', 'rediss:'] });

/** The login of a database URL, decoded; undefined where the URL leaves it to the driver. */
export function userOf(url: string): string | undefined {
  const user = parse(url)?.username;
  return user ? decodeURIComponent(user) : undefined;
}

/** True if the URL carries a password that everybody knows. */
export function hasWellKnownPassword(url: string): boolean {
  const password = parse(url)?.password;
  return password ? isWellKnownPassword(decodeURIComponent(password)) : false;
}

/** The same of a password by itself; false of none. */
export const isWellKnownPassword = (password: string | undefined): boolean =>
  password !== undefined && WELL_KNOWN_PASSWORDS.has(password.toLowerCase());
