import type Joi from 'joi';
import type { SqlDialect } from '../sql';

/** A JSON document. */
export type Document = Record<string, unknown>;

/** A change of a connection, without the values of its secrets. */
export interface SecretChange {
  before: Document;
  after: Document;
  /** Names of the secrets that are sealed now, and of those that the change brings. */
  stored: readonly string[];
  given: readonly string[];
}

/** `replace` by those that are given, be it none; `missing` are the fields of those that must be given as well. */
export type SecretDecision = 'keep' | 'replace' | { missing: string[] };

/**
 * What is known of a kind of source without loading its driver: the API validates, stores and shows datasources
 * with it.
 */
export interface ConnectorDescriptor<Settings extends object = object> {
  type: string;
  /** For a person. */
  label: string;
  dialect: SqlDialect;
  /** What clients may send as `settings`; secret fields carry `meta({ secret: true })`. */
  settingsSchema: Joi.ObjectSchema<Settings>;
  /**
   * Typed settings out of what a client sent.
   *
   * @throws LoupeError of kind `invalid` with all problems, by field (`settings.tls.mode`)
   */
  checkSettings(input: unknown): Settings;
  /**
   * The same settings out of a connection string.
   *
   * @throws LoupeError of kind `invalid` with field `connection_string`; never echoes the string
   */
  parseConnectionString(text: string): Settings;
  /** Takes the secrets out: `settings` may be stored and shown, `secrets` must be sealed. */
  splitSecrets(settings: Settings): { settings: Document; secrets: Record<string, string> };
  /** The reverse of `splitSecrets`. */
  joinSecrets(settings: Document, secrets: Document): Settings;
  /**
   * What becomes of the secrets. All of them must be given again where the connection leads elsewhere, or whoever may
   * edit a datasource could send its password to a host of their own; and where one of them is given, since the others
   * cannot be read back to be sealed with it.
   */
  judgeSecrets(change: SecretChange): SecretDecision;
}
