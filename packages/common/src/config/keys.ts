import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import Joi from 'joi';
import { refuse } from './values';

const KEY_BYTES = 32;
/** 32 random bytes hold about 30 different values; fewer than 16 does not happen in the life of a universe. */
const MIN_DISTINCT_BYTES = 16;
const PEM_BLOCK = /-----BEGIN ([A-Z ]+)-----[\s\S]+?-----END \1-----/g;

/** Text that was typed, not drawn: all bytes printable (chance for a random key: 10⁻¹⁴), or few different ones. */
function looksTyped(bytes: Buffer): boolean {
  return bytes.every((byte) => byte >= 0x20 && byte < 0x7f) || new Set(bytes).size < MIN_DISTINCT_BYTES;
}

/** Base64 of 32 random bytes → secret key. Refuses the example and fill-in keys of guides, in every environment. */
export function randomKey(): Joi.AnySchema<KeyObject> {
  return Joi.any<KeyObject>()
    .custom((text: unknown, helpers) => {
      if (typeof text !== 'string') return text;
      const bytes = Buffer.from(text, 'base64');
      if (
        bytes.length !== KEY_BYTES ||
        bytes.toString('base64').replace(/=+$/, '') !== text.replace(/=+$/, '')
      ) {
        return refuse(
          helpers,
          'must be the base64 form of exactly 32 bytes (make one: openssl rand -base64 32)',
        );
      }
      if (looksTyped(bytes))
        return refuse(helpers, 'is an example or was typed: draw it with openssl rand -base64 32');
      return createSecretKey(bytes);
    })
    .meta({ secret: true, key: true, allowed: 'base64 of 32 random bytes (`openssl rand -base64 32`)' });
}

interface PemRules {
  side: 'private' | 'public';
  curve: 'P-256' | 'X25519';
}

function isOfCurve(key: KeyObject, curve: PemRules['curve']): boolean {
  if (curve === 'X25519') return key.asymmetricKeyType === 'x25519';
  return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
}

function parseBlock(pem: string, rules: PemRules): KeyObject | undefined {
  // Node.js makes a public key of a private one in silence; here that is a private key on the wrong machine.
  if (pem.includes('PRIVATE KEY') !== (rules.side === 'private')) return undefined;
  try {
    const key = rules.side === 'private' ? createPrivateKey(pem) : createPublicKey(pem);
    return isOfCurve(key, rules.curve) ? key : undefined;
  } catch {
    return undefined;
  }
}

/** Concatenated PEM blocks → keys in their order. `\n` written as two characters is understood, for env files. */
export function pemKeys(rules: PemRules): Joi.AnySchema<KeyObject[] | undefined> {
  const allowed = `${rules.side} ${rules.curve} key in PEM`;
  return Joi.any<KeyObject[] | undefined>()
    .custom((text: unknown, helpers) => {
      if (typeof text !== 'string') return text;
      const blocks = text.replaceAll('\\n', '\n').match(PEM_BLOCK) ?? [];
      const keys = blocks.map((block) => parseBlock(block, rules));
      if (keys.length === 0) return refuse(helpers, `must hold at least one ${allowed}`);
      if (keys.includes(undefined)) return refuse(helpers, `holds something else than each a ${allowed}`);
      return keys;
    })
    .meta({ secret: true, key: true, allowed: `${allowed}; several one after the other` });
}
