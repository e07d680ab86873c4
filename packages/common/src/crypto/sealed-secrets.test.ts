import { createSecretKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { LoupeError } from '../errors';
import { createOpener, createSealer, type SecretPlace } from './sealed-secrets';
import { suite } from './sealing-keys';

const newKey = (): KeyObject => createSecretKey(randomBytes(32));
const key = newKey();
const sealer = createSealer([key]);
const opener = createOpener([key]);
const place: SecretPlace = { table: 'datasource_secrets', column: 'sealed', orgId: 'org-1', rowId: 'row-1' };

const flipped = (text: string, at: number): string => {
  const bytes = Buffer.from(text, 'base64url');
  bytes[at % bytes.length]! ^= 1;
  return bytes.toString('base64url');
};

describe('sealed secrets', () => {
  it('open where they were sealed, whatever they say', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (plaintext) => {
        expect(await opener.open(await sealer.seal(plaintext, place), place)).toBe(plaintext);
      }),
      { numRuns: 30 },
    );
  });

  it('have the documented form, differ each time, and survive JSON', async () => {
    const sealed = await sealer.seal('s3cret', place);
    expect(sealed).toEqual({
      v: 1,
      key_version: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
      enc: expect.stringMatching(/^[\w-]{43}$/) as string,
      ct: expect.stringMatching(/^[\w-]+$/) as string,
    });
    expect((await sealer.seal('s3cret', place)).ct).not.toBe(sealed.ct);
    expect(await opener.open(JSON.parse(JSON.stringify(sealed)) as typeof sealed, place)).toBe('s3cret');
  });

  it.each(Object.keys(place) as (keyof SecretPlace)[])('do not open with another %s', async (member) => {
    const sealed = await sealer.seal('s3cret', place);
    await expect(opener.open(sealed, { ...place, [member]: `${place[member]}x` })).rejects.toThrow(
      LoupeError,
    );
  });

  it('do not open with any byte changed', async () => {
    const sealed = await sealer.seal('s3cret', place);
    for (let at = 0; at < 31; at += 1) {
      await expect(opener.open({ ...sealed, ct: flipped(sealed.ct, at) }, place)).rejects.toThrow(LoupeError);
      await expect(opener.open({ ...sealed, enc: flipped(sealed.enc, at) }, place)).rejects.toThrow(
        LoupeError,
      );
    }
  });

  it('do not open with another key, and say nothing about it', async () => {
    const sealed = await sealer.seal('s3cret', place);
    await expect(createOpener([newKey()]).open(sealed, place)).rejects.toThrow(
      'A stored secret cannot be opened',
    );
    const own = await createSealer([newKey()]).seal('', place);
    await expect(opener.open({ ...sealed, key_version: own.key_version }, place)).rejects.toThrow(LoupeError);
  });

  it('open after a rotation, while the earlier key is given', async () => {
    const next = newKey();
    const before = await sealer.seal('before', place);
    const after = await createSealer([next, key]).seal('after', place);
    const both = createOpener([next, key]);
    expect([await both.open(before, place), await both.open(after, place)]).toEqual(['before', 'after']);
    expect(after.key_version).not.toBe(before.key_version);
    // Once the next key has become the only one, nothing has to be renamed.
    expect(await createOpener([next]).open(after, place)).toBe('after');
  });

  it('are sealed by who holds the public half, and opened by nobody but the private one', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('x25519');
    const sealed = await createSealer([publicKey]).seal('s3cret', place);
    expect(await createOpener([privateKey]).open(sealed, place)).toBe('s3cret');
    await expect(createOpener([publicKey]).open(sealed, place)).rejects.toThrow();
  });
});

describe('the key encapsulation', () => {
  it('derives the key pair of RFC 9180, appendix A.1.1', async () => {
    const seed = Buffer.from('6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037', 'hex');
    const pair = (await suite.kem.deriveKeyPair(seed)) as { publicKey: never };
    expect(Buffer.from(await suite.kem.serializePublicKey(pair.publicKey)).toString('hex')).toBe(
      '3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d',
    );
  });
});
