import { stat } from 'node:fs/promises';
import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { createPasswordHasher } from './passwords';

const newPepper = (): KeyObject => createSecretKey(randomBytes(32));
const pepper = newPepper();
/** bcrypt's least cost: what is tested here does not depend on it, save where a test says so. */
const hasher = createPasswordHasher({ pepper, cost: 4 });

describe('passwords', () => {
  it('are stored as scheme and bcrypt of cost 12', async () => {
    expect(await createPasswordHasher({ pepper }).hash('correct horse')).toMatch(
      /^v1\$\$2b\$12\$[./\w]{53}$/,
    );
  });

  it('verify, and others do not', async () => {
    const stored = await hasher.hash('correct horse');
    expect(await hasher.verify('correct horse', stored)).toBe(true);
    expect(await hasher.verify('correct horsf', stored)).toBe(false);
    expect(await hasher.hash('correct horse')).not.toBe(stored);
  });

  it.each([
    ['the 72nd byte', 'x'.repeat(72)],
    ['a NUL', 'x\0'],
    ['many bytes of few characters', '🔑'.repeat(32)],
  ])('count beyond %s', async (_, start) => {
    const stored = await hasher.hash(`${start}one`);
    expect(await hasher.verify(`${start}two`, stored)).toBe(false);
    expect(await hasher.verify(`${start}one`, stored)).toBe(true);
  });

  it('are the same however the keyboard composes them', async () => {
    expect(await hasher.verify('Zu\u0308rich', await hasher.hash('Z\u00fcrich'))).toBe(true);
  });

  it('need the pepper', async () => {
    const stored = await hasher.hash('correct horse');
    expect(await createPasswordHasher({ pepper: newPepper(), cost: 4 }).verify('correct horse', stored)).toBe(
      false,
    );
  });

  it.each([undefined, '', 'plain', 'v0$$2b$04$abc', 'v1$$2b$04$too-short'])(
    'never verify against %p',
    async (stored) => {
      expect(await hasher.verify('correct horse', stored)).toBe(false);
      if (stored !== undefined) expect(hasher.needsRehash(stored)).toBe(true);
    },
  );

  it('cost the same work for unknown users', async () => {
    const timed = async (stored: string | undefined): Promise<number> => {
      const begin = process.cpuUsage();
      await slow.verify('wrong', stored);
      const { user, system } = process.cpuUsage(begin);
      return user + system;
    };
    const slow = createPasswordHasher({ pepper, cost: 10 });
    const stored = await slow.hash('right');
    const [known, unknown] = [await timed(stored), await timed(undefined)];
    // Processor time, not the clock: other work on the machine does not count. Without the dummy it is a thousandth.
    expect(unknown / known).toBeGreaterThan(0.5);
    expect(unknown / known).toBeLessThan(2);
  });

  it('are hashed anew when the cost has changed', async () => {
    const stored = await hasher.hash('correct horse');
    expect(hasher.needsRehash(stored)).toBe(false);
    expect(createPasswordHasher({ pepper, cost: 5 }).needsRehash(stored)).toBe(true);
  });

  it('leave a thread free, however many are hashed at once', async () => {
    const slow = createPasswordHasher({ pepper, cost: 9 });
    let finished = 0;
    const one = async (): Promise<void> => {
      await slow.verify('wrong', undefined);
      finished += 1;
    };
    const flood = Promise.all(Array.from({ length: 30 }, one));
    // A file lookup needs one of the same threads; without a limit it would wait for nearly all of the flood.
    await stat(__filename);
    expect(finished).toBeLessThan(15);
    await flood;
  });

  it('refuse more than can be worked off soon, and take more when that is done', async () => {
    const own = createPasswordHasher({ pepper, cost: 4 });
    const flood = await Promise.allSettled(Array.from({ length: 200 }, () => own.verify('wrong', undefined)));
    const refused = flood.filter((one) => one.status === 'rejected').map((one): unknown => one.reason);
    // Three at work, a hundred waiting.
    expect(refused).toHaveLength(97);
    expect(refused[0]).toMatchObject({ kind: 'unavailable', retryAfterSeconds: 5 });
    expect(await own.verify('wrong', undefined)).toBe(false);
  });
});
