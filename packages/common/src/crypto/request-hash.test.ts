import { requestHash } from './request-hash';

const hash = (request: object, operation = 'a'): string => requestHash(operation, request).toString('hex');

it('does not see the order of members, at any depth', () => {
  expect(hash({ a: 1, b: { c: [1, { d: 2, e: 3 }], f: null } })).toBe(
    hash({ b: { f: null, c: [1, { e: 3, d: 2 }] }, a: 1 }),
  );
});

it('does not see members that are not there', () => {
  expect(hash({ a: 1, b: undefined })).toBe(hash({ a: 1 }));
});

it('tells different requests apart', () => {
  expect(hash({ a: [1, 2] })).not.toBe(hash({ a: [2, 1] }));
  expect(hash({ a: '1' })).not.toBe(hash({ a: 1 }));
  expect(hash({ a: 1 }, 'one')).not.toBe(hash({ a: 1 }, 'other'));
});
