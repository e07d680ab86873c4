import fc from 'fast-check';
import { demandOf, type LiveGroup } from './demand';
import { limitsOf } from './limits';
import type { RunPool } from './run';

const defaults = { global: 100, perOrg: 10, perDatasource: 10, perUser: undefined, interactiveShare: 0.25 };
const limitsWith = (held: { id: string; limit: number }[] = [], choices: Partial<typeof defaults> = {}) =>
  limitsOf({ ...defaults, ...choices }, { overrides: [], heldDatasources: held });

const group = (choices: Partial<LiveGroup> = {}): LiveGroup => ({
  ...{ pool: 'interactive', orgId: 'o', datasourceId: 'd', userId: 'u' },
  ...{ queued: 0, dispatched: 0, running: 0, retrying: 0, retryingSoon: 0, oldestQueuedSeconds: null },
  ...choices,
});

function demand(
  live: LiveGroup[],
  choices: Partial<Parameters<typeof demandOf>[0]> = {},
  pool: RunPool = 'interactive',
) {
  const pools = demandOf({ live, limits: limitsWith(), pausedPools: [], ...choices });
  return pools.find((one) => one.pool === pool)!;
}

it('knows all three pools, and that an empty one needs nothing', () => {
  expect(demandOf({ live: [], limits: limitsWith(), pausedPools: [] })).toEqual(
    ['interactive', 'scheduled', 'quarantine'].map((pool) => ({
      ...{ pool, slots: 0, oldestRunnableAgeSeconds: 0 },
      ...{ queued: 0, dispatched: 0, running: 0, retrying: 0 },
    })),
  );
});

it('counts what waits, what is active, and retries whose time comes soon', () => {
  const one = { queued: 2, dispatched: 1, running: 3, retrying: 4, retryingSoon: 1, oldestQueuedSeconds: 7 };
  expect(demand([group(one)])).toMatchObject({
    slots: 2 + 1 + 3 + 1,
    retrying: 4,
    oldestRunnableAgeSeconds: 7,
  });
});

it('asks for no slot that an organization’s limit would leave idle', () => {
  const live = [
    group({ queued: 5_000, oldestQueuedSeconds: 900 }),
    group({ orgId: 'p', datasourceId: 'e', running: 10, queued: 50, oldestQueuedSeconds: 600 }),
  ];
  expect(demand(live)).toMatchObject({ slots: 20, queued: 5_050, oldestRunnableAgeSeconds: 900 });
  expect(demand(live.slice(1))).toMatchObject({ slots: 10, oldestRunnableAgeSeconds: 0 });
});

it('asks for none for a datasource that is held back, or a pool that is paused', () => {
  const live = [group({ queued: 5, running: 1, oldestQueuedSeconds: 5 })];
  const held = { slots: 1, oldestRunnableAgeSeconds: 0, queued: 5 };
  expect(demand(live, { limits: limitsWith([{ id: 'd', limit: 0 }]) })).toMatchObject(held);
  expect(demand(live, { pausedPools: ['interactive'] })).toMatchObject(held);
});

it('lets one that is tried again have its one run', () => {
  const live = [group({ queued: 5, oldestQueuedSeconds: 5 })];
  expect(demand(live, { limits: limitsWith([{ id: 'd', limit: 1 }]) }).slots).toBe(1);
});

it('shows the age of what waits because all slots together are too few', () => {
  const live = [
    group({ running: 3 }),
    group({ orgId: 'p', datasourceId: 'e', queued: 1, oldestQueuedSeconds: 30 }),
  ];
  const limits = limitsWith([], { global: 3 });
  expect(demand(live, { limits })).toMatchObject({ slots: 3, oldestRunnableAgeSeconds: 30 });
});

const groups = fc.array(
  fc
    .record({
      pool: fc.constantFrom<RunPool>('interactive', 'scheduled', 'quarantine'),
      orgId: fc.constantFrom('a', 'b', 'c'),
      datasourceId: fc.constantFrom('1', '2'),
      userId: fc.constantFrom('x', 'y'),
      queued: fc.nat(40),
      dispatched: fc.nat(3),
      running: fc.nat(3),
      retrying: fc.nat(5),
    })
    .map((one) => group({ ...one, datasourceId: one.orgId + one.datasourceId, retryingSoon: one.retrying })),
  { maxLength: 12 },
);

it('never asks for more than is live, nor for less than is active', () => {
  fc.assert(
    fc.property(groups, fc.integer({ min: 1, max: 30 }), (live, perOrg) => {
      for (const pool of demandOf({ live, limits: limitsWith([], { perOrg }), pausedPools: [] })) {
        expect(pool.slots).toBeGreaterThanOrEqual(pool.dispatched + pool.running);
        expect(pool.slots).toBeLessThanOrEqual(pool.queued + pool.dispatched + pool.running + pool.retrying);
      }
    }),
  );
});
