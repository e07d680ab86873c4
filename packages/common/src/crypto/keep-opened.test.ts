import { keepOpened } from './keep-opened';
import type { Opener, SealedSecret, SecretPlace } from './sealed-secrets';

const place: SecretPlace = { table: 't', column: 'c', orgId: 'o', rowId: 'r' };
const sealed = (ct: string): SealedSecret => ({ v: 1, key_version: 'k', enc: 'e', ct });

function counting(answer: (sealed: SealedSecret) => Promise<string>): Opener & { count: () => number } {
  let count = 0;
  return {
    open: (given) => {
      count += 1;
      return answer(given);
    },
    count: () => count,
  };
}

afterEach(() => jest.useRealTimers());

it('opens once for many, and again when its time is over', async () => {
  jest.useFakeTimers();
  const opener = counting(({ ct }) => Promise.resolve(`opened ${ct}`));
  const kept = keepOpened(opener, { keepMs: 100 });
  expect(await Promise.all([kept.open(sealed('a'), place), kept.open(sealed('a'), place)])).toEqual([
    'opened a',
    'opened a',
  ]);
  expect(opener.count()).toBe(1);
  jest.advanceTimersByTime(101);
  await kept.open(sealed('a'), place);
  expect(opener.count()).toBe(2);
});

it('takes a changed secret, and one that lies elsewhere, for another', async () => {
  const opener = counting(({ ct }) => Promise.resolve(`opened ${ct}`));
  const kept = keepOpened(opener);
  expect(await kept.open(sealed('a'), place)).toBe('opened a');
  expect(await kept.open(sealed('b'), place)).toBe('opened b');
  await kept.open(sealed('a'), { ...place, orgId: 'another' });
  expect(opener.count()).toBe(3);
});

it('does not remember what did not open', async () => {
  let isBroken = true;
  const opener = counting(() => (isBroken ? Promise.reject(new Error('no')) : Promise.resolve('yes')));
  const kept = keepOpened(opener);
  await expect(kept.open(sealed('a'), place)).rejects.toThrow('no');
  isBroken = false;
  expect(await kept.open(sealed('a'), place)).toBe('yes');
});

it('keeps no more than it may', async () => {
  const opener = counting(({ ct }) => Promise.resolve(ct));
  const kept = keepOpened(opener, { most: 2 });
  for (const ct of ['a', 'b', 'c', 'c', 'a']) await kept.open(sealed(ct), place);
  expect(opener.count()).toBe(4);
});
