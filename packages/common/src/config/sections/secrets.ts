import type { KeyObject } from 'node:crypto';
import type Joi from 'joi';
import { section, type Problems, type Section } from '../definition';
import { pemKeys, randomKey } from '../keys';

/**
 * Keys for stored secrets, the current one first. Each is an encryption key (`type` secret), from which both sides
 * derive the key pair, or one half of a pair (`type` public or private).
 */
export interface SecretKeysConfig {
  keys: KeyObject[];
}

const encryptionKeys = (): {
  ENCRYPTION_KEY: Joi.AnySchema<KeyObject>;
  ENCRYPTION_KEY_V2: Joi.AnySchema<KeyObject>;
} => ({
  ENCRYPTION_KEY: randomKey()
    .meta({ default: 'required, unless `SECRETS_PUBLIC_KEY` and `SECRETS_PRIVATE_KEY` are used' })
    .description('Key from which the pair for stored secrets is derived.'),
  ENCRYPTION_KEY_V2: randomKey().description(
    'Next key during a rotation: seals from now on, while both open. Give it to the runners before the API.',
  ),
});

interface KeyValues {
  ENCRYPTION_KEY?: KeyObject;
  ENCRYPTION_KEY_V2?: KeyObject;
}

/** One way to have keys, not none and not two: with two, nobody could say which one a secret was sealed with. */
function checkOneWay(values: KeyValues, half: string, halves: KeyObject[] | undefined): Problems {
  if (halves && (values.ENCRYPTION_KEY ?? values.ENCRYPTION_KEY_V2)) {
    return { [half]: `${half} cannot be combined with ENCRYPTION_KEY` };
  }
  if (!halves && !values.ENCRYPTION_KEY) {
    return { ENCRYPTION_KEY: `ENCRYPTION_KEY (or ${half}) is required` };
  }
  return {};
}

function keysOf(values: KeyValues, halves: KeyObject[] | undefined): SecretKeysConfig {
  const derived = [values.ENCRYPTION_KEY_V2, values.ENCRYPTION_KEY].filter((key) => key !== undefined);
  return { keys: halves ?? derived };
}

/** For the side that only seals: the API. */
export const sealingSection: Section<SecretKeysConfig> = section({
  variables: {
    ...encryptionKeys(),
    SECRETS_PUBLIC_KEY: pemKeys({ side: 'public', curve: 'X25519' })
      .meta({ allowed: 'public X25519 key in PEM' })
      .description('Instead of `ENCRYPTION_KEY` on the API: it can then store secrets, but read none.'),
  },
  check: (values) => checkOneWay(values, 'SECRETS_PUBLIC_KEY', values.SECRETS_PUBLIC_KEY),
  read: (values) => keysOf(values, values.SECRETS_PUBLIC_KEY),
});

/** For the side that opens: the runner. */
export const openingSection: Section<SecretKeysConfig> = section({
  variables: {
    ...encryptionKeys(),
    SECRETS_PRIVATE_KEY: pemKeys({ side: 'private', curve: 'X25519' }).description(
      'Instead of `ENCRYPTION_KEY` on runners; the current key first, then earlier ones.',
    ),
  },
  check: (values) => checkOneWay(values, 'SECRETS_PRIVATE_KEY', values.SECRETS_PRIVATE_KEY),
  read: (values) => keysOf(values, values.SECRETS_PRIVATE_KEY),
});
