import type { ClaimedRun } from '../models';
import { createRunRepository } from '../repositories';
import {
  createClaimRepository,
  createEndingRepository,
  createReapingRepository,
} from '../repositories/engine';
import { createTenant, openRunStage, type RunStage, someFailure, type Tenant, testLimits } from '../testing';
import { createDispatcher } from './dispatch';

// Everything that moves runs at once, on few datasources, so that it meets. Nothing may wait for each other in a circle: the
// database would end one of them, and its statement would fail here.

let stage: RunStage;
beforeAll(async () => {
  stage = await openRunStage();
});
afterAll(() => stage.close());

const perOrg = 4;
const runsPerTenant = 60;

interface Progress {
  /** Runs that are live. */
  left(): Promise<number>;
}

async function dispatching({ left }: Progress): Promise<void> {
  const limits = testLimits({ perOrg, global: 10 });
  const dispatcher = createDispatcher({ db: stage.engine, hints: undefined, limits });
  while ((await left()) > 0) await dispatcher.tick();
}

/** Claims, and ends one run well, one with a connection that fails, one by handing it back, in turns. */
async function executing({ left }: Progress): Promise<void> {
  const sessionId = await stage.session({ slots: 6 });
  const claims = createClaimRepository(stage.runner);
  const endings = createEndingRepository(stage.runner);
  const lost = { errorClass: 'connect', code: null, message: 'refused' } as const;
  const end = async (run: ClaimedRun, n: number): Promise<unknown> => {
    if (n % 7 === 0 && run.preempts === 0) return endings.preempted(run, 600);
    const ended = await endings.failed(run, n % 3 === 0 ? lost : someFailure);
    return ended || endings.cancelled(run);
  };
  let n = 0;
  while ((await left()) > 0) {
    const hints = await claims.waiting(['interactive', 'scheduled'], { minAgeSeconds: 0, limit: 6 });
    const claimed = await Promise.all(hints.map((hint) => claims.claim(hint, sessionId)));
    await Promise.all(
      claimed.filter((run): run is ClaimedRun => run !== undefined).map((run) => end(run, (n += 1))),
    );
    // Its breakers would hold the rest back for longer than a test takes.
    await stage.database.asOwner('UPDATE breakers SET open_until = now() WHERE open_until > now()');
  }
}

async function cancelling({ left }: Progress, tenants: readonly Tenant[]): Promise<void> {
  const runs = createRunRepository(stage.app);
  for (let n = 0; (await left()) > 0; n += 1) {
    const tenant = tenants[n % tenants.length]!;
    const { items } = await runs.list(tenant, {
      ...{ limit: 3, offset: 20, sort: [{ field: 'created_at', descending: true }] },
    });
    await Promise.all(items.map(({ id }) => runs.requestCancel(tenant, { id, userId: tenant.userId })));
    // A datasource that is deleted takes all its runs along.
    if (n === 12) await runs.cancelOfDatasource(tenant, tenant);
  }
}

async function reaping({ left }: Progress): Promise<void> {
  const reaper = createReapingRepository(stage.engine);
  while ((await left()) > 0) {
    await reaper.finishCancellations();
    await reaper.requeueUnclaimed();
    await reaper.requeueRetries();
  }
}

it('meets in no deadlock, passes no limit, and comes to an end', async () => {
  const tenants = await Promise.all(Array.from({ length: 4 }, () => createTenant(stage.app)));
  for (const tenant of tenants) {
    for (let n = 0; n < runsPerTenant; n += 1) {
      await stage.queued({ tenant, origin: n % 3 === 0 ? 'schedule' : 'api' });
    }
  }
  const progress: Progress = {
    async left() {
      const [row] = await stage.database.asOwner<{ n: string; most: string }>(
        `SELECT count(*) AS n, coalesce((SELECT max(n) FROM (SELECT count(*) AS n FROM runs
           WHERE state IN ('dispatched', 'running') GROUP BY org_id) active), 0) AS most
         FROM runs WHERE finished_at IS NULL`,
      );
      expect(Number(row!.most)).toBeLessThanOrEqual(perOrg);
      return Number(row!.n);
    },
  };
  await Promise.all([
    ...[dispatching(progress), dispatching(progress)],
    ...[executing(progress), executing(progress)],
    ...[cancelling(progress, tenants), reaping(progress)],
  ]);
  const [{ deadlocks }] = (await stage.database.asOwner<{ deadlocks: string }>(
    'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
  )) as [{ deadlocks: string }];
  expect(Number(deadlocks)).toBe(0);
});
