import { createWaitingRequests } from './waiting-requests';

const told: number[] = [];
const open = () => createWaitingRequests({ inAll: 3, perOrganization: 2 }, (waiting) => told.push(waiting));

it('lets as many of one organization wait as may, and others beside it', () => {
  const waiting = open();
  const leave = waiting.enter('one');
  expect(waiting.enter('one')).toBeDefined();
  expect(waiting.enter('one')).toBeUndefined();
  expect(waiting.enter('other')).toBeDefined();
  leave?.();
  expect(waiting.enter('one')).toBeDefined();
});

it('lets no more wait in all than may', () => {
  const waiting = open();
  const leave = ['a', 'b', 'c'].map((organization) => waiting.enter(organization));
  expect(waiting.enter('d')).toBeUndefined();
  leave[1]?.();
  expect(waiting.enter('d')).toBeDefined();
});

it('counts one that leaves twice once, and says how many there are', () => {
  told.length = 0;
  const waiting = open();
  const leave = waiting.enter('one');
  leave?.();
  leave?.();
  waiting.enter('one');
  expect(told).toEqual([1, 0, 1]);
});
