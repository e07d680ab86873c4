import fc from 'fast-check';
import { type FairPool, selectFairly, type WaitingOrg, type WaitingRun } from './fair-queue';
import { createTally, type EngineLimits, memberKey, scheduledPart } from './limits';

const limits: EngineLimits = {
  global: 1_000,
  perOrg: 1_000,
  perDatasource: 1_000,
  perUser: undefined,
  interactiveShare: 0.25,
  orgs: new Map(),
  datasources: new Map(),
  members: new Map(),
};

let serial = 0;
const run = (orgId: string, choices: Partial<WaitingRun> = {}): WaitingRun => ({
  runId: String((serial += 1)).padStart(8, '0'),
  pool: 'interactive',
  orgId,
  datasourceId: `${orgId}-ds`,
  userId: `${orgId}-user`,
  priority: 0,
  queuedAt: new Date(serial),
  expectedCost: 1,
  ...choices,
});

const org = (orgId: string, runs: readonly WaitingRun[], choices: Partial<WaitingOrg> = {}): WaitingOrg => ({
  orgId,
  vtime: undefined,
  settledVtime: choices.vtime,
  weight: 1,
  runs,
  ...choices,
});

const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const orgsOf = (runs: readonly WaitingRun[]): string[] => runs.map(({ orgId }) => orgId);
const select = (pool: Partial<FairPool>, of: EngineLimits = limits) =>
  selectFairly({ budget: 100, virtualTime: 0, orgs: [], ...pool }, createTally([], of));

it('lets organizations take turns, however long the queue of one of them is', () => {
  const flood = org(
    'a',
    times(50, () => run('a')),
  );
  const modest = org(
    'b',
    times(3, () => run('b')),
  );
  const { admitted } = select({ budget: 6, orgs: [flood, modest] });
  expect(orgsOf(admitted)).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
});

it('gives shares by weight', () => {
  const heavy = org(
    'a',
    times(50, () => run('a')),
    { weight: 3 },
  );
  const light = org(
    'b',
    times(50, () => run('b')),
  );
  const { admitted } = select({ budget: 40, orgs: [heavy, light] });
  expect(orgsOf(admitted).filter((id) => id === 'a')).toHaveLength(30);
});

it('charges the expected seconds, so costly runs are admitted less often', () => {
  const costly = org(
    'a',
    times(50, () => run('a', { expectedCost: 4 })),
  );
  const cheap = org(
    'b',
    times(50, () => run('b')),
  );
  const { admitted } = select({ budget: 25, orgs: [costly, cheap] });
  expect(orgsOf(admitted).filter((id) => id === 'a')).toHaveLength(5);
});

it('gives no credit for silence', () => {
  const back = org(
    'a',
    times(10, () => run('a')),
    { vtime: 5 },
  );
  const busy = org(
    'b',
    times(10, () => run('b')),
    { vtime: 1_000 },
  );
  const { admitted } = select({ budget: 10, virtualTime: 1_000, orgs: [back, busy] });
  expect(orgsOf(admitted).filter((id) => id === 'a')).toHaveLength(5);
});

it('follows the service that is certain with the clock at which newcomers start', () => {
  const busy = org(
    'a',
    times(10, () => run('a')),
    { vtime: 1_003, settledVtime: 1_000 },
  );
  const newcomer = org(
    'b',
    times(10, () => run('b')),
  );
  expect(select({ virtualTime: 10, orgs: [busy] }).virtualTime).toBe(1_000);
  // Until somebody has caught up, the clock waits.
  expect(select({ virtualTime: 10, orgs: [busy, newcomer] }).virtualTime).toBe(10);
  const { admitted } = select({ budget: 6, virtualTime: 1_000, orgs: [busy, newcomer] });
  expect(orgsOf(admitted)).toEqual(['b', 'b', 'b', 'a', 'b', 'a']);
});

it('orders the runs of one leaf by priority and lets leaves take turns', () => {
  const urgent = run('a', { priority: 5 });
  const others = times(3, () => run('a'));
  const colleague = run('a', { userId: 'colleague', priority: -10 });
  const { admitted } = select({ budget: 3, orgs: [org('a', [urgent, ...others, colleague])] });
  expect(admitted.map(({ runId }) => runId)).toEqual([urgent.runId, colleague.runId, others[0]?.runId]);
});

it('passes over a blocked leaf and serves the organization’s others', () => {
  const closed = { ...limits, datasources: new Map([['broken', 0]]) };
  const waiting = org('a', [...times(5, () => run('a', { datasourceId: 'broken' })), run('a')]);
  const { admitted } = select({ orgs: [waiting] }, closed);
  expect(admitted.map(({ datasourceId }) => datasourceId)).toEqual(['a-ds']);
});

it('keeps a part of each limit free of scheduled work', () => {
  const tight = { ...limits, perOrg: 8 };
  const scheduled = org(
    'a',
    times(20, () => run('a', { pool: 'scheduled' })),
  );
  expect(select({ orgs: [scheduled] }, tight).admitted).toHaveLength(6);
  expect(scheduledPart(8, 0.25)).toBe(6);
  expect(scheduledPart(1, 0.25)).toBe(1);
});

const anyOrgs = fc.array(
  fc.record({
    vtime: fc.option(fc.double({ min: 0, max: 100, noNaN: true }), { nil: undefined }),
    weight: fc.double({ min: 0.1, max: 10, noNaN: true }),
    runs: fc.array(
      fc.record({
        datasource: fc.integer({ min: 0, max: 2 }),
        user: fc.integer({ min: 0, max: 2 }),
        cost: fc.double({ min: 0.05, max: 60, noNaN: true }),
        priority: fc.integer({ min: -10, max: 10 }),
      }),
      { maxLength: 20 },
    ),
  }),
  { maxLength: 6 },
);

const anyLimits = fc.record({
  global: fc.integer({ min: 0, max: 30 }),
  perOrg: fc.integer({ min: 0, max: 10 }),
  perDatasource: fc.integer({ min: 0, max: 10 }),
  perUser: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
});

const scenario = fc.record({
  orgs: anyOrgs,
  limits: anyLimits,
  budget: fc.integer({ min: 0, max: 40 }),
  pool: fc.constantFrom('interactive' as const, 'scheduled' as const),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

function play({ orgs, limits: some, budget, pool }: Scenario) {
  const all = { ...limits, ...some };
  const waiting = orgs.map(({ vtime, weight, runs }, i) =>
    org(
      `org-${i}`,
      runs.map(({ datasource, user, cost, priority }) =>
        run(`org-${i}`, {
          pool,
          datasourceId: `ds-${i}-${datasource}`,
          userId: `user-${user}`,
          expectedCost: cost,
          priority,
        }),
      ),
      { vtime, weight },
    ),
  );
  const tally = createTally([], all);
  return { all, tally, waiting, ...selectFairly({ budget, virtualTime: 10, orgs: waiting }, tally) };
}

const countBy = (runs: readonly WaitingRun[], key: (run: WaitingRun) => string): number[] =>
  [...Map.groupBy(runs, key).values()].map((group) => group.length);

it('never passes a limit or the budget, and admits nobody twice', () => {
  fc.assert(
    fc.property(scenario, (given) => {
      const { admitted, all } = play(given);
      expect(admitted.length).toBeLessThanOrEqual(Math.min(given.budget, all.global));
      expect(new Set(admitted.map(({ runId }) => runId)).size).toBe(admitted.length);
      const part = (limit: number) => (given.pool === 'scheduled' ? scheduledPart(limit, 0.25) : limit);
      for (const n of countBy(admitted, (r) => r.orgId)) expect(n).toBeLessThanOrEqual(part(all.perOrg));
      for (const n of countBy(admitted, (r) => r.datasourceId)) {
        expect(n).toBeLessThanOrEqual(part(all.perDatasource));
      }
      for (const n of countBy(admitted, (r) => memberKey(r))) {
        expect(n).toBeLessThanOrEqual(all.perUser ?? Number.POSITIVE_INFINITY);
      }
    }),
  );
});

it('leaves nobody waiting whom no limit holds back while there is budget', () => {
  fc.assert(
    fc.property(scenario, (given) => {
      const { admitted, waiting, tally } = play(given);
      fc.pre(admitted.length < given.budget);
      const left = waiting.flatMap(({ runs }) => runs).filter((r) => !admitted.includes(r));
      for (const r of left) expect(tally.blockedBy(r)).toBeDefined();
    }),
  );
});

it('lets no clock run backwards', () => {
  fc.assert(
    fc.property(scenario, (given) => {
      const { waiting, vtimes, virtualTime } = play(given);
      expect(virtualTime).toBeGreaterThanOrEqual(10);
      for (const { orgId, vtime } of waiting) {
        const after = vtimes.get(orgId);
        if (after !== undefined) expect(after).toBeGreaterThan(Math.max(vtime ?? 10, 10));
      }
    }),
  );
});

it('keeps backlogged organizations within one run of their weighted share', () => {
  const weights = fc.array(fc.double({ min: 0.5, max: 5, noNaN: true }), { minLength: 2, maxLength: 5 });
  fc.assert(
    fc.property(weights, fc.integer({ min: 20, max: 100 }), (given, budget) => {
      const orgs = given.map((weight, i) =>
        org(
          `org-${i}`,
          times(100, () => run(`org-${i}`)),
          { weight },
        ),
      );
      const { admitted } = select({ budget, orgs });
      const total = given.reduce((sum, weight) => sum + weight, 0);
      for (const [i, weight] of given.entries()) {
        const got = orgsOf(admitted).filter((id) => id === `org-${i}`).length;
        const due = (budget * weight) / total;
        // One run of its own, and one of each other organization that may be ahead.
        expect(Math.abs(got - due)).toBeLessThanOrEqual(given.length * Math.max(1, weight));
      }
    }),
  );
});
