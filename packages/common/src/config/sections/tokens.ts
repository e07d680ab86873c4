import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import Joi from 'joi';
import { section, type Section } from '../definition';
import { pemKeys, randomKey } from '../keys';
import { PRODUCTION, wholeNumber } from '../values';

export interface TokensConfig {
  /** Private P-256 keys; the first signs, all verify. */
  signingKeys: KeyObject[];
  /** No key was given: tokens end with this process, and no other process accepts them. Never in production. */
  signingKeysAreTemporary: boolean;
  accessLifetimeSeconds: number;
  refreshLifetimeSeconds: number;
  passwordPepper: KeyObject;
}

/** Signing in. */
export const tokensSection: Section<TokensConfig> = section({
  variables: {
    JWT_SIGNING_KEYS: pemKeys({ side: 'private', curve: 'P-256' })
      .when('APP_ENV', { is: PRODUCTION, then: Joi.required() })
      .meta({ default: 'required in production; elsewhere a key that lives as long as the process' })
      .description('Keys of access tokens: the first signs, all verify. To rotate, put the new one first.'),
    JWT_EXPIRATION_HOURS: wholeNumber(1, 720).default(24).description('Lifetime of an access token, hours.'),
    REFRESH_TOKEN_DAYS: wholeNumber(1, 365).default(24).description('Lifetime of a refresh token, days.'),
    PASSWORD_PEPPER: randomKey()
      .required()
      .description('Key that goes into every password hash. When it is lost, every password is.'),
  },
  read: (values) => ({
    signingKeys: values.JWT_SIGNING_KEYS ?? [generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey],
    signingKeysAreTemporary: values.JWT_SIGNING_KEYS === undefined,
    accessLifetimeSeconds: values.JWT_EXPIRATION_HOURS * 3600,
    refreshLifetimeSeconds: values.REFRESH_TOKEN_DAYS * 86_400,
    passwordPepper: values.PASSWORD_PEPPER,
  }),
});
