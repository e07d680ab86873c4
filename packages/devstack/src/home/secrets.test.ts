import { createPrivateKey } from 'node:crypto';
import { rmSync, statSync } from 'node:fs';
import { temporaryHome } from '../testing/temporary-home';
import { readPrivateJson, writePrivateJson } from './private-file';
import { loadSecrets } from './secrets';

const home = temporaryHome();
afterAll(() => home.remove());

it('makes each secret once, in the form the services ask for, for the owner’s eyes only', () => {
  const secrets = loadSecrets(home.secrets, false);
  expect(loadSecrets(home.secrets, true)).toEqual(secrets);
  expect(statSync(home.secrets).mode & 0o777).toBe(0o600);
  expect(new Set(Object.values(secrets)).size).toBe(Object.keys(secrets).length);
  expect(Buffer.from(secrets.encryptionKey, 'base64')).toHaveLength(32);
  expect(Buffer.from(secrets.passwordPepper, 'base64')).toHaveLength(32);
  expect(createPrivateKey(secrets.jwtSigningKey).asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
});

it('adds a kind of secret that is missing and keeps the others', () => {
  const { redisPassword, ...others } = loadSecrets(home.secrets, true);
  writePrivateJson(home.secrets, others);
  expect(loadSecrets(home.secrets, true)).toMatchObject(others);
  expect(readPrivateJson(home.secrets)?.['redisPassword']).not.toBe(redisPassword);
});

it('refuses to make new ones beside data that the lost ones have sealed', () => {
  rmSync(home.secrets);
  expect(() => loadSecrets(home.secrets, true)).toThrow('is gone');
  expect(readPrivateJson(home.secrets)).toBeUndefined();
});
