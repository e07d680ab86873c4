import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import fc from 'fast-check';
import { sign, type JwtPayload, type SignOptions } from 'jsonwebtoken';
import { LoupeError } from '../errors';
import { createAccessTokens, type AccessTokenOptions } from './access-tokens';

const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

const key = newKey();
const options: AccessTokenOptions = {
  signingKeys: [key],
  issuer: 'loupe',
  audience: 'loupe-api',
  lifetimeSeconds: 3600,
};
const subject = { userId: 'user-1', orgId: 'org-1', sessionId: 'session-1' };
const tokens = createAccessTokens(options);

const part = (token: string, index: number): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString()) as Record<string, unknown>;
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const valid = tokens.issue(subject).token;
const header = part(valid, 0);
const payload = part(valid, 1) as JwtPayload;

/** A token with the right signature of a right key, and one thing else. */
const forge = (
  claims: Record<string, unknown>,
  headerChange: Record<string, unknown> = {},
  signer: SignOptions = {},
) => {
  const merged = { ...header, ...headerChange } as unknown as NonNullable<SignOptions['header']>;
  const left = Object.entries({ ...payload, ...claims }).filter(([, value]) => value !== undefined);
  return sign(Object.fromEntries(left), key, { algorithm: 'ES256', header: merged, ...signer });
};

function refusal(token: string): LoupeError {
  try {
    tokens.verify(token);
  } catch (error) {
    if (error instanceof LoupeError) return error;
  }
  throw new Error('the token was accepted, or another error thrown');
}

describe('access tokens', () => {
  it('carry the contract’s claims and nothing about the role', () => {
    expect(header).toEqual({
      alg: 'ES256',
      typ: 'at+jwt',
      kid: expect.stringMatching(/^[\w-]{43}$/) as string,
    });
    expect(Object.keys(payload).sort()).toEqual(
      ['aud', 'exp', 'iat', 'iss', 'jti', 'org', 'sid', 'sub', 'typ'].sort(),
    );
    expect(payload).toMatchObject({
      iss: 'loupe',
      aud: 'loupe-api',
      sub: 'user-1',
      org: 'org-1',
      sid: 'session-1',
      typ: 'access',
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3600);
  });

  it('are verified into what was issued', () => {
    const issued = tokens.issue(subject);
    expect(tokens.verify(issued.token)).toEqual({ ...subject, jti: issued.jti, expiresAt: issued.expiresAt });
    expect(issued.jti).not.toBe(tokens.issue(subject).jti);
  });

  it('stay valid while their key is among the given ones, and not longer', () => {
    const rotated = createAccessTokens({ ...options, signingKeys: [newKey(), key] });
    expect(rotated.verify(valid).userId).toBe('user-1');
    expect(part(rotated.issue(subject).token, 0)['kid']).not.toBe(header['kid']);
    const dropped = createAccessTokens({ ...options, signingKeys: [newKey()] });
    expect(() => dropped.verify(valid)).toThrow(LoupeError);
  });

  it('name their key by its RFC 7638 thumbprint', () => {
    // The example key of RFC 7517, appendix A.1, whose thumbprint other implementations agree on.
    const jwk = {
      kty: 'EC',
      crv: 'P-256',
      x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
      y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
      d: '870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE',
    };
    const example = createAccessTokens({
      ...options,
      signingKeys: [createPrivateKey({ key: jwk, format: 'jwk' })],
    });
    expect(part(example.issue(subject).token, 0)['kid']).toBe('cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s');
  });

  it.each([
    ['an expired one', forge({ exp: Math.floor(Date.now() / 1000) - 31 })],
    ['one from the future', forge({ iat: Math.floor(Date.now() / 1000) + 60 })],
    ['another issuer', forge({ iss: 'elsewhere' })],
    ['another audience', forge({ aud: 'other-api' })],
    ['another kind', forge({ typ: 'refresh' })],
    ...['sub', 'org', 'sid', 'jti', 'typ'].map((claim): [string, string] => [
      `one without ${claim}`,
      forge({ [claim]: undefined }),
    ]),
    ['one without exp', forge({ exp: undefined })],
    ['a claim of another type', forge({ org: 7 })],
    ['another header type', forge({}, { typ: 'JWT' })],
    ['an unknown key', forge({}, { kid: 'unknown' })],
    ...['jku', 'x5u', 'jwk', 'crit', 'x5c'].map((member): [string, string] => [
      `a header with ${member}`,
      forge({}, { [member]: 'x' }),
    ]),
    ['no algorithm', `${encode({ ...header, alg: 'none' })}.${encode(payload)}.`],
    ['no signature', `${valid.split('.').slice(0, 2).join('.')}.`],
    [
      'a changed payload',
      [valid.split('.')[0], encode({ ...payload, org: 'org-2' }), valid.split('.')[2]].join('.'),
    ],
    ['nothing', ''],
    ['no JWT', 'a.b.c'],
    ['a huge one', `${valid}${'x'.repeat(5000)}`],
  ])('refuse %s with one and the same public text', (_, token) => {
    const error = refusal(token);
    expect(error.kind).toBe('unauthenticated');
    expect(error.message).toBe(refusal('').message);
  });

  it('refuse a signature by HMAC with the public key as its secret', () => {
    const secret = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
    const unsigned = `${encode({ ...header, alg: 'HS256' })}.${encode(payload)}`;
    const signature = createHmac('sha256', secret).update(unsigned).digest('base64url');
    expect(refusal(`${unsigned}.${signature}`).kind).toBe('unauthenticated');
  });

  it('are not valid with any single character changed', () => {
    const index = fc.integer({ min: 0, max: valid.length - 2 });
    fc.assert(
      fc.property(index, fc.constantFrom('A', 'Q', 'x', '0', '-', '_', '.'), (at, character) => {
        fc.pre(valid[at] !== character);
        expect(refusal(valid.slice(0, at) + character + valid.slice(at + 1)).kind).toBe('unauthenticated');
      }),
    );
  });
});

it('remembers a token that was good, and refuses it all the same when its lifetime is over', () => {
  jest.useFakeTimers();
  try {
    const { token } = tokens.issue(subject);
    expect(tokens.verify(token)).toEqual(tokens.verify(token));
    jest.advanceTimersByTime((options.lifetimeSeconds + 11) * 1_000);
    expect(() => tokens.verify(token)).toThrow('The access token is not valid');
  } finally {
    jest.useRealTimers();
  }
});
