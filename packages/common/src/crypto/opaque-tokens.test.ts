import { newId } from './ids';
import { hashOpaqueToken, newOpaqueToken } from './opaque-tokens';

describe('opaque tokens', () => {
  it('are 256 random bits, of which only the hash is to be stored', () => {
    const { token, hash } = newOpaqueToken();
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(hash).toHaveLength(32);
    expect(hash.equals(hashOpaqueToken(token))).toBe(true);
    expect(newOpaqueToken().token).not.toBe(token);
  });
});

describe('newId', () => {
  it('makes UUIDs of version 7 in order', () => {
    const ids = Array.from({ length: 100 }, newId);
    expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(100);
  });
});
