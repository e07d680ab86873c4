import type { KeyObject } from 'node:crypto';
import { LoupeError } from '../errors';
import { keyPair, publicHalf, suite } from './sealing-keys';

/** A secret as it is stored. JSON; binary members are base64url. */
export interface SealedSecret {
  v: 1;
  /** Which key pair opens it; follows from the public key, so nobody has to count. */
  key_version: string;
  /** HPKE's encapsulated key. */
  enc: string;
  ct: string;
}

/** Where a sealed secret lives. It opens nowhere else. */
export interface SecretPlace {
  table: string;
  column: string;
  orgId: string;
  rowId: string;
}

export interface Sealer {
  seal: (plaintext: string, place: SecretPlace) => Promise<SealedSecret>;
}

export interface Opener {
  /** @throws {LoupeError} `internal`: another place, another key, or changed bytes. The text says none of it. */
  open: (sealed: SealedSecret, place: SecretPlace) => Promise<string>;
}

const associatedData = ({ table, column, orgId, rowId }: SecretPlace): Buffer =>
  Buffer.from(`loupe|v1|${table}|${column}|${orgId}|${rowId}`);

const encode = (bytes: ArrayBuffer): string => Buffer.from(bytes).toString('base64url');
const decode = (text: string): Buffer => Buffer.from(text, 'base64url');

/** Runs `make` at the first call only. A failure stays: the keys do not get better. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** @param keys at least one, the current one first; it alone is used. */
export function createSealer(keys: readonly KeyObject[]): Sealer {
  const [current] = keys;
  if (!current) throw new LoupeError('internal', 'No key to seal secrets with was given');
  const recipient = once(() => publicHalf(current));
  return {
    seal: async (plaintext, place) => {
      const { publicKey, version } = await recipient();
      const sealed = await suite.seal(
        { recipientPublicKey: publicKey },
        Buffer.from(plaintext),
        associatedData(place),
      );
      return { v: 1, key_version: version, enc: encode(sealed.enc), ct: encode(sealed.ct) };
    },
  };
}

/** @param keys every key that stored secrets may have been sealed for. */
export function createOpener(keys: readonly KeyObject[]): Opener {
  const pairs = once(async () => {
    const known = await Promise.all(keys.map(keyPair));
    return new Map(known.map((pair) => [pair.version, pair.privateKey]));
  });
  return {
    open: async (sealed, place) => {
      const recipientKey = (await pairs()).get(sealed.key_version);
      if (!recipientKey) {
        throw new LoupeError('internal', 'A stored secret cannot be opened', {
          detail: 'its key was not given',
        });
      }
      try {
        const params = { recipientKey, enc: decode(sealed.enc) };
        return Buffer.from(await suite.open(params, decode(sealed.ct), associatedData(place))).toString();
      } catch (error) {
        throw new LoupeError('internal', 'A stored secret cannot be opened', { cause: error });
      }
    },
  };
}
