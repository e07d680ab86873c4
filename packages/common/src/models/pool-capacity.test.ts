import fc from 'fast-check';
import type { ActiveGroup } from './limits';
import { admissionBudget, capacityOf, maxAdmissionsPerTick, type ServingSession } from './pool-capacity';
import type { RunPool } from './run';

interface Snapshot {
  sessions: ServingSession[];
  active: ActiveGroup[];
}

const pools: readonly RunPool[] = ['interactive', 'scheduled', 'quarantine', 'control'];
const group = (pool: RunPool, orgId: string, count: number): ActiveGroup => ({
  ...{ pool, orgId, count },
  ...{ datasourceId: 'ds', userId: 'user' },
});

describe('the budget of a pool', () => {
  const capacity = fc
    .record({
      slots: fc.integer({ min: 0, max: 400 }),
      active: fc.integer({ min: 0, max: 500 }),
      others: fc.integer({ min: 0, max: 500 }),
    })
    .map(({ slots, active, others }) => ({ slots, active, activeOnSessions: active + others }));

  it('is nothing without slots, and never negative or above what one tick may admit', () => {
    fc.assert(
      fc.property(capacity, (given) => {
        const budget = admissionBudget(given);
        expect(budget).toBeGreaterThanOrEqual(0);
        expect(budget).toBeLessThanOrEqual(maxAdmissionsPerTick);
        if (given.slots === 0) expect(budget).toBe(0);
      }),
    );
  });

  it('fills the sessions to a quarter above their slots and four, or the pool to its floor', () => {
    fc.assert(
      fc.property(capacity, (given) => {
        const budget = admissionBudget(given);
        if (budget === 0 || budget === maxAdmissionsPerTick) return;
        const full = given.activeOnSessions + budget === Math.ceil(1.25 * given.slots) + 4;
        const atFloor = given.active + budget === Math.max(1, Math.floor(given.slots / 8));
        expect(full || atFloor).toBe(true);
      }),
    );
  });

  it('leaves a pool with slots its floor, however many runs of others fill the sessions', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.nat({ max: 10_000 }), (slots, activeOnSessions) => {
        expect(admissionBudget({ slots, active: 0, activeOnSessions })).toBeGreaterThanOrEqual(
          Math.max(1, Math.floor(slots / 8)),
        );
      }),
    );
  });

  it('does not grow with what is active', () => {
    fc.assert(
      fc.property(capacity, fc.nat({ max: 50 }), (given, more) => {
        const busier = { ...given, activeOnSessions: given.activeOnSessions + more };
        expect(admissionBudget(busier)).toBeLessThanOrEqual(admissionBudget(given));
      }),
    );
  });

  it.each([
    [{ slots: 8, active: 0, activeOnSessions: 0 }, 14],
    [{ slots: 8, active: 14, activeOnSessions: 14 }, 0],
    [{ slots: 8, active: 0, activeOnSessions: 14 }, 1],
    [{ slots: 1, active: 0, activeOnSessions: 0 }, 6],
    [{ slots: 200, active: 0, activeOnSessions: 0 }, 100],
  ])('of %o is %i', (capacityThen, budget) => {
    expect(admissionBudget(capacityThen)).toBe(budget);
  });
});

describe('a snapshot', () => {
  const snapshots: fc.Arbitrary<Snapshot> = fc.record({
    sessions: fc.array(
      fc.record({ pools: fc.subarray([...pools], { minLength: 1 }), slots: fc.integer({ min: 1, max: 20 }) }),
      { maxLength: 6 },
    ),
    active: fc.array(
      fc.record({
        pool: fc.constantFrom(...pools),
        orgId: fc.constantFrom('a', 'b', 'c'),
        datasourceId: fc.constant('ds'),
        userId: fc.constant('user'),
        count: fc.integer({ min: 1, max: 9 }),
      }),
      { maxLength: 12 },
    ),
  });

  it('gives a pool the slots of the sessions that serve it, and counts the runs of all they serve', () => {
    const snapshot: Snapshot = {
      sessions: [
        { pools: ['interactive', 'scheduled'], slots: 8 },
        { pools: ['interactive'], slots: 4 },
        { pools: ['quarantine'], slots: 2 },
      ],
      active: [group('interactive', 'a', 3), group('scheduled', 'b', 2), group('quarantine', 'b', 1)],
    };
    expect(capacityOf('interactive', snapshot)).toEqual({ slots: 12, active: 3, activeOnSessions: 5 });
    expect(capacityOf('scheduled', snapshot)).toEqual({ slots: 8, active: 2, activeOnSessions: 5 });
    expect(capacityOf('quarantine', snapshot)).toEqual({ slots: 2, active: 1, activeOnSessions: 1 });
    expect(capacityOf('control', snapshot)).toEqual({ slots: 0, active: 0, activeOnSessions: 0 });
  });

  it('never counts fewer runs on a pool’s sessions than in the pool', () => {
    fc.assert(
      fc.property(snapshots, fc.constantFrom(...pools), (snapshot, pool) => {
        const { active, activeOnSessions } = capacityOf(pool, snapshot);
        expect(activeOnSessions).toBeGreaterThanOrEqual(active);
      }),
    );
  });
});
