import { createHash, hkdfSync, type KeyObject, type webcrypto } from 'node:crypto';
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';

/** RFC 9180 with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM. */
export const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});

/** Keeps this use of an encryption key apart from any other that may come. Never change it: the key pair follows from it. */
const DERIVATION_LABEL = 'loupe|v1|sealed-secrets';

interface PublicHalf {
  /** Names the key pair in what was sealed: the first 16 hexadecimal digits of SHA-256 of the public key. */
  version: string;
  publicKey: webcrypto.CryptoKey;
}

interface KeyPair extends PublicHalf {
  privateKey: webcrypto.CryptoKey;
}

async function withVersion(publicKey: webcrypto.CryptoKey): Promise<PublicHalf> {
  const bytes = Buffer.from(await suite.kem.serializePublicKey(publicKey));
  return { publicKey, version: createHash('sha256').update(bytes).digest('hex').slice(0, 16) };
}

async function derivePair(encryptionKey: KeyObject): Promise<KeyPair> {
  const seed = hkdfSync('sha256', encryptionKey, Buffer.alloc(0), DERIVATION_LABEL, 32);
  const pair = (await suite.kem.deriveKeyPair(seed)) as webcrypto.CryptoKeyPair;
  return { ...(await withVersion(pair.publicKey)), privateKey: pair.privateKey };
}

const importJwk = (key: KeyObject, member: 'x' | 'd'): Promise<webcrypto.CryptoKey> => {
  const raw = Buffer.from(key.export({ format: 'jwk' })[member] ?? '', 'base64url');
  return member === 'x' ? suite.kem.deserializePublicKey(raw) : suite.kem.deserializePrivateKey(raw);
};

/** The half that seals, of an encryption key, a public or a private X25519 key. */
export async function publicHalf(key: KeyObject): Promise<PublicHalf> {
  return key.type === 'secret' ? derivePair(key) : withVersion(await importJwk(key, 'x'));
}

/** Both halves, of an encryption key or a private X25519 key; a public key is refused by its export. */
export async function keyPair(key: KeyObject): Promise<KeyPair> {
  if (key.type === 'secret') return derivePair(key);
  return { ...(await publicHalf(key)), privateKey: await importJwk(key, 'd') };
}
