import fc from 'fast-check';
import type { RunPool } from './run';
import {
  activeCounts,
  admissionBudget,
  capacityOf,
  type Candidate,
  type EngineSnapshot,
  maxAdmissionsPerTick,
  selectRuns,
} from './selection';

const orgs = ['a', 'b', 'c', 'd', 'e'] as const;
const pools: readonly RunPool[] = ['interactive', 'scheduled', 'quarantine', 'control'];

const waiting = fc
  .array(
    fc.record({
      orgId: fc.constantFrom(...orgs),
      priority: fc.integer({ min: -2, max: 2 }),
      queuedAt: fc.integer({ min: 0, max: 20 }).map((seconds) => new Date(seconds * 1_000)),
    }),
    { maxLength: 60 },
  )
  .map((rows): Candidate[] =>
    rows.map((row, i) => ({ ...row, pool: 'interactive', runId: String(i).padStart(3, '0') })),
  );

const situation = fc
  .record({
    candidates: waiting,
    counts: fc.tuple(...orgs.map(() => fc.integer({ min: 0, max: 6 }))),
    elsewhere: fc.integer({ min: 0, max: 5 }),
    budget: fc.integer({ min: 0, max: 20 }),
    perOrg: fc.integer({ min: 1, max: 6 }),
    global: fc.integer({ min: 0, max: 40 }),
  })
  .map(({ candidates, counts, elsewhere, ...limits }) => {
    const byOrg = new Map<string, number>(orgs.map((org, i) => [org, counts[i]!]));
    return {
      candidates,
      limits,
      active: { byOrg, total: counts.reduce((sum, n) => sum + n, elsewhere) },
    };
  });

type Situation = typeof situation extends fc.Arbitrary<infer T> ? T : never;

/** Checks `property` of what is selected in many situations; `after` counts an organization's active runs then. */
function always(
  property: (of: Situation & { selected: Candidate[]; room: number; after: (org: string) => number }) => void,
  situations: fc.Arbitrary<Situation> = situation,
): void {
  fc.assert(
    fc.property(situations, (given) => {
      const selected = selectRuns(given.candidates, given.active, given.limits);
      const after = (org: string): number =>
        given.active.byOrg.get(org)! + selected.filter(({ orgId }) => orgId === org).length;
      const room = Math.max(0, Math.min(given.limits.budget, given.limits.global - given.active.total));
      property({ ...given, selected, room, after });
    }),
    { numRuns: 500 },
  );
}

const byAge = (a: Candidate, b: Candidate): number =>
  a.queuedAt.getTime() - b.queuedAt.getTime() || (a.runId < b.runId ? -1 : 1);

describe('selection', () => {
  it('takes each run at most once, and only those that wait', () => {
    always(({ candidates, selected }) => {
      expect(new Set(selected).size).toBe(selected.length);
      for (const run of selected) expect(candidates).toContain(run);
    });
  });

  it('never takes more than the budget and the global limit leave', () => {
    always(({ selected, room }) => expect(selected.length).toBeLessThanOrEqual(room));
  });

  it('never takes an organization beyond its limit', () => {
    always(({ selected, after, limits }) => {
      for (const { orgId } of selected) expect(after(orgId)).toBeLessThanOrEqual(limits.perOrg);
    });
  });

  it('leaves nothing waiting that there is room for', () => {
    always(({ candidates, selected, room, after, limits }) => {
      if (selected.length === room) return;
      for (const run of candidates) {
        if (!selected.includes(run)) expect(after(run.orgId)).toBeGreaterThanOrEqual(limits.perOrg);
      }
    });
  });

  it('takes the first of each organization: by priority, then by age', () => {
    always(({ candidates, selected }) => {
      for (const org of orgs) {
        const queue = candidates
          .filter(({ orgId }) => orgId === org)
          .sort((a, b) => b.priority - a.priority || byAge(a, b));
        const taken = selected.filter(({ orgId }) => orgId === org);
        expect(taken).toEqual(queue.slice(0, taken.length));
      }
    });
  });

  it('is first come, first served over the organizations that are below their limit', () => {
    const alike = situation.map((given) => ({
      ...given,
      candidates: given.candidates.map((run) => ({ ...run, priority: 0 })),
    }));
    always(({ candidates, selected, after, limits }) => {
      for (const left of candidates) {
        if (selected.includes(left) || after(left.orgId) >= limits.perOrg) continue;
        for (const run of selected) expect(byAge(run, left)).toBeLessThan(0);
      }
    }, alike);
  });

  it('lets no priority of one organization pass another organization’s older run', () => {
    const at = (second: number): Date => new Date(second * 1_000);
    const run = ([runId, orgId, priority, second]: [string, string, number, number]): Candidate => ({
      runId,
      orgId,
      priority,
      queuedAt: at(second),
      pool: 'interactive',
    });
    const selected = selectRuns(
      (
        [
          ['1', 'a', 10, 5],
          ['2', 'b', 0, 1],
          ['3', 'b', 0, 2],
          ['4', 'a', 0, 0],
        ] as [string, string, number, number][]
      ).map(run),
      { total: 0, byOrg: new Map() },
      { budget: 10, perOrg: 10, global: 10 },
    );
    expect(selected.map(({ runId }) => runId)).toEqual(['2', '3', '1', '4']);
  });

  it('does not depend on the order in which it is given the runs, and leaves that as it was', () => {
    always(({ candidates, active, limits, selected }) => {
      const before = [...candidates];
      expect(selectRuns([...candidates].reverse(), active, limits)).toEqual(selected);
      expect(candidates).toEqual(before);
    });
  });
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
  const snapshots: fc.Arbitrary<EngineSnapshot> = fc.record({
    sessions: fc.array(
      fc.record({ pools: fc.subarray([...pools], { minLength: 1 }), slots: fc.integer({ min: 1, max: 20 }) }),
      { maxLength: 6 },
    ),
    active: fc.array(
      fc.record({
        pool: fc.constantFrom(...pools),
        orgId: fc.constantFrom(...orgs),
        count: fc.integer({ min: 1, max: 9 }),
      }),
      { maxLength: 12 },
    ),
  });

  it('gives a pool the slots of the sessions that serve it, and counts the runs of all they serve', () => {
    const snapshot: EngineSnapshot = {
      sessions: [
        { pools: ['interactive', 'scheduled'], slots: 8 },
        { pools: ['interactive'], slots: 4 },
        { pools: ['quarantine'], slots: 2 },
      ],
      active: [
        { pool: 'interactive', orgId: 'a', count: 3 },
        { pool: 'scheduled', orgId: 'b', count: 2 },
        { pool: 'quarantine', orgId: 'b', count: 1 },
      ],
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

  it('counts an organization’s runs over all pools but control, which limits do not touch', () => {
    fc.assert(
      fc.property(snapshots, (snapshot) => {
        const { byOrg, total } = activeCounts(snapshot);
        const counted = snapshot.active.filter(({ pool }) => pool !== 'control');
        for (const org of orgs) {
          const own = counted.filter(({ orgId }) => orgId === org);
          expect(byOrg.get(org) ?? 0).toBe(own.reduce((sum, { count }) => sum + count, 0));
        }
        expect(total).toBe(counted.reduce((sum, { count }) => sum + count, 0));
      }),
    );
  });
});
