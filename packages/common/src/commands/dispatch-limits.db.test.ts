import fc from 'fast-check';
import { type ClaimedRun, isFinal, type RunState } from '../models';
import { createClaimRepository, createEndingRepository } from '../repositories/engine';
import { createTenant, openRunStage, type RunStage, someFailure, type Tenant, testLimits } from '../testing';
import { createDispatcher } from './dispatch';

// Several dispatchers admit the same runs at the same time while runners claim and end them. Whatever the numbers, no
// limit is exceeded at any moment, and everything ends.

let stage: RunStage;
beforeAll(async () => {
  stage = await openRunStage();
});
afterAll(() => stage.close());

interface Plan {
  /** Runs of each organization. */
  queues: number[];
  perOrg: number;
  global: number;
  slots: number;
  dispatchers: number;
}

const plans: fc.Arbitrary<Plan> = fc.record({
  queues: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 }),
  perOrg: fc.integer({ min: 1, max: 5 }),
  global: fc.integer({ min: 1, max: 12 }),
  slots: fc.integer({ min: 1, max: 6 }),
  dispatchers: fc.integer({ min: 2, max: 4 }),
});

interface Step {
  org_id: string;
  to_state: RunState;
  from_state: RunState | null;
}

const isActive = (state: RunState | null): boolean => state === 'dispatched' || state === 'running';

/** The most active runs at any moment, in all and of one organization, as the events tell it. */
async function peaks(): Promise<{ total: number; ofOneOrg: number }> {
  const steps = await stage.database.asOwner<Step>(
    `SELECT org_id, from_state, to_state FROM run_events ORDER BY at, seq`,
  );
  const active = new Map<string, number>();
  const peak = { total: 0, ofOneOrg: 0 };
  for (const { org_id, from_state, to_state } of steps) {
    const change = Number(isActive(to_state)) - Number(isActive(from_state));
    active.set(org_id, (active.get(org_id) ?? 0) + change);
    peak.ofOneOrg = Math.max(peak.ofOneOrg, active.get(org_id)!);
    peak.total = Math.max(
      peak.total,
      [...active.values()].reduce((sum, n) => sum + n, 0),
    );
  }
  return peak;
}

async function drain(plan: Plan, tenants: Tenant[]): Promise<void> {
  const sessionId = await stage.session({ slots: plan.slots });
  const claims = createClaimRepository(stage.runner);
  const endings = createEndingRepository(stage.runner);
  const dispatchers = Array.from({ length: plan.dispatchers }, () =>
    createDispatcher({
      db: stage.engine,
      hints: undefined,
      limits: testLimits({ perOrg: plan.perOrg, global: plan.global }),
    }),
  );
  for (const [i, tenant] of tenants.entries()) {
    for (let n = 0; n < plan.queues[i]!; n += 1) {
      await stage.queued({ tenant, origin: n % 3 === 0 ? 'schedule' : 'api' });
    }
  }
  let left = plan.queues.reduce((sum, n) => sum + n, 0);
  while (left > 0) {
    const admitted = (await Promise.all(dispatchers.map((dispatcher) => dispatcher.tick()))).flatMap(
      (ticked) => ticked ?? [],
    );
    expect(new Set(admitted.map(({ runId }) => runId)).size).toBe(admitted.length);
    const waiting = await claims.waiting(['interactive', 'scheduled'], { minAgeSeconds: 0, limit: 100 });
    const claimed = await Promise.all(waiting.map((hint) => claims.claim(hint, sessionId)));
    const running = claimed.filter((run): run is ClaimedRun => run !== undefined);
    // Ends and admissions meet: the next ticks run while these are on their way.
    const [ended] = await Promise.all([
      Promise.all(running.map((run) => endings.failed(run, someFailure))),
      ...dispatchers.map((dispatcher) => dispatcher.tick()),
    ]);
    left -= ended.filter(Boolean).length;
  }
}

it('never exceeds a limit, however many dispatch at once', async () => {
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      await stage.database.asOwner('DELETE FROM run_events');
      await stage.database.asOwner('UPDATE runner_sessions SET closed_at = now() WHERE closed_at IS NULL');
      const tenants = await Promise.all(plan.queues.map(() => createTenant(stage.app)));
      await drain(plan, tenants);
      const { total, ofOneOrg } = await peaks();
      expect(total).toBeLessThanOrEqual(plan.global);
      expect(ofOneOrg).toBeLessThanOrEqual(plan.perOrg);
      const states = await stage.database.asOwner<{ state: RunState }>('SELECT DISTINCT state FROM runs');
      expect(states.every(({ state }) => isFinal(state))).toBe(true);
    }),
    { numRuns: 12 },
  );
});
