import Joi from 'joi';
import { invalid } from '../../errors';
import { canonicalHost } from '../host-name';
import { certificates, pemMessages, privateKey } from './pem';

/** How far a connection is encrypted and the server's certificate checked; the meaning is libpq's `sslmode`. */
export const tlsModes = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;

export type TlsMode = (typeof tlsModes)[number];

export interface TlsSettings {
  mode: TlsMode;
  /** PEM text, never a path: certificates that are trusted instead of the system's. */
  ca?: string;
  /** PEM text of a client certificate, with its private key (a secret). */
  cert?: string;
  key?: string;
}

export interface PostgresSettings {
  host: string;
  port: number;
  database: string;
  user: string;
  password?: string;
  tls: TlsSettings;
}

const text = Joi.string().empty(null).max(255).pattern(/\0/, { invert: true, name: 'U+0000' });

const host = text.custom((value: string, helpers) => canonicalHost(value) ?? helpers.error('host.grammar'));

const tls = Joi.object<TlsSettings>({
  mode: Joi.string()
    .empty(null)
    .valid(...tlsModes)
    .default('verify-full'),
  ca: certificates,
  cert: certificates,
  key: privateKey.meta({ secret: true }),
})
  .empty(null)
  .and('cert', 'key')
  .default({ mode: 'verify-full' });

/** Settings as a client may send them; `null` is the same as absent. Without `tls` the server's certificate is fully verified. */
export const postgresSettingsSchema = Joi.object<PostgresSettings>({
  host: host.required(),
  port: Joi.number().empty(null).integer().min(1).max(65_535).default(5432),
  database: text.required(),
  user: text.required(),
  password: text.max(1_024).allow('').meta({ secret: true }),
  tls,
})
  .required()
  .messages({ 'host.grammar': '{{#label}} must be a host name or an IP address', ...pemMessages });

/** @throws LoupeError of kind `invalid` with all problems by field; values are not echoed */
export function checkPostgresSettings(input: unknown): PostgresSettings {
  const result = postgresSettingsSchema.validate(input, {
    abortEarly: false,
    convert: false,
    errors: { label: false, wrap: { label: false } },
  });
  if (!result.error) return result.value;
  const fields = Object.fromEntries(
    result.error.details.map((detail) => [['settings', ...detail.path].join('.'), problemOf(detail)]),
  );
  const list = Object.entries(fields).map(([field, problem]) => `${field} ${problem}`);
  throw invalid(list.join('; '), { fields });
}

/** Joi's words for a pattern contain the value, which may be a secret; for a peer, its name twice. */
function problemOf({ type, message, context }: Joi.ValidationErrorItem): string {
  if (type === 'string.pattern.invert.name') return 'must not contain U+0000';
  if (type === 'object.unknown') return 'is not a setting';
  if (type === 'object.and') return `must contain ${String(context?.['missing'])} as well`;
  return message.trim();
}
