import type Joi from 'joi';

/** A JSON document. */
export type Document = Record<string, unknown>;

/**
 * What is known of a kind of source without loading its driver: the API validates, stores and shows datasources
 * with it.
 */
export interface ConnectorDescriptor<Settings extends object = object> {
  type: string;
  /** For a person. */
  label: string;
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
  splitSecrets(settings: Settings): { settings: Document; secrets: Document };
  /** The reverse of `splitSecrets`. */
  joinSecrets(settings: Document, secrets: Document): Settings;
  /**
   * Whether the secrets that were given for `before` must be given again for `after`: otherwise whoever may edit
   * a datasource could send its password to a host of their own.
   */
  requiresSecretsAgain(before: Document, after: Document): boolean;
}
