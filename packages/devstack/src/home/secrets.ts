import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { startProblem } from '../screen/start-problem';
import { readPrivateJson, writePrivateJson } from './private-file';

/** Everything secret that one installation has, made once and kept in its folder (0600). */
export interface Secrets {
  metadataSuperuserPassword: string;
  metadataOwnerPassword: string;
  metadataApplicationPassword: string;
  warehouseSuperuserPassword: string;
  warehouseReaderPassword: string;
  redisPassword: string;
  /** base64, 32 bytes: seals the customers' datasource secrets. */
  encryptionKey: string;
  /** base64, 32 bytes. */
  passwordPepper: string;
  /** PKCS8 PEM, EC P-256: signs access tokens (ES256). */
  jwtSigningKey: string;
}

/** URL-safe, so it can stand in a connection string unescaped; 192 bits. */
export const randomPassword = (): string => randomBytes(24).toString('base64url');

const MAKERS: { [name in keyof Secrets]: () => string } = {
  metadataSuperuserPassword: randomPassword,
  metadataOwnerPassword: randomPassword,
  metadataApplicationPassword: randomPassword,
  warehouseSuperuserPassword: randomPassword,
  warehouseReaderPassword: randomPassword,
  redisPassword: randomPassword,
  encryptionKey: () => randomBytes(32).toString('base64'),
  passwordPepper: () => randomBytes(32).toString('base64'),
  jwtSigningKey: () =>
    generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    }).privateKey,
};

/**
 * The installation's secrets. Those that are missing are made, which is right for a new installation and for a new
 * kind of secret; a lost file beside existing data is refused, because new keys cannot open what the old ones sealed.
 */
export function loadSecrets(path: string, dataExists: boolean): Secrets {
  const kept = readPrivateJson(path);
  if (kept === undefined && dataExists) {
    throw startProblem(
      `The file ${path} is gone, and the data cannot be opened without it: restore it, or start over with npm start -- --fresh.`,
    );
  }
  const secrets = Object.fromEntries(
    Object.entries(MAKERS).map(([name, make]) => {
      const value = kept?.[name];
      return [name, typeof value === 'string' ? value : make()];
    }),
  ) as unknown as Secrets;
  if (JSON.stringify(kept) !== JSON.stringify(secrets)) writePrivateJson(path, secrets);
  return secrets;
}
