import type { ClaimedRun } from '../../models';
import { openRunStage, type RunStage, someFailure, succeed } from '../../testing';
import { createRunRepository } from '../runs';
import { createAdmissions } from './admission';
import { createEndingRepository, type EndingRepository } from './endings';
import { createReapingRepository } from './reaping';

let stage: RunStage;
let endings: EndingRepository;
beforeEach(async () => {
  stage = await openRunStage();
  endings = createEndingRepository(stage.runner);
  // Somebody who was served before: seven seconds, of which three are those of the run that is settled.
  await stage.database.asOwner(
    `INSERT INTO fair_clocks (pool, org_id, vtime) VALUES ('interactive', $1, 7)`,
    [stage.tenant.orgId],
  );
});
afterEach(() => stage.close());

const settle = (): Promise<void> =>
  createAdmissions(stage.engine).transaction((repository) => repository.settle());

async function clock(): Promise<number> {
  const [row] = await stage.database.asOwner<{ vtime: number }>('SELECT vtime FROM fair_clocks');
  return row?.vtime ?? NaN;
}

/** The expectation for the next run of the stage's datasource; undefined when there is nothing to expect it from. */
async function expected(): Promise<number | undefined> {
  const [row] = await stage.database.asOwner<{ seconds: number }>(
    'SELECT seconds FROM run_costs WHERE subject_id = $1',
    [stage.tenant.datasourceId],
  );
  return row?.seconds;
}

const expectThree = (runId: string): Promise<object[]> =>
  stage.database.asOwner('UPDATE runs SET charged_cost = 3 WHERE id = $1', [runId]);

/** A run that was charged three seconds and began so many seconds ago. */
async function runningFor(seconds: number): Promise<ClaimedRun> {
  const run = await stage.running();
  await expectThree(run.runId);
  await stage.elapse(run.runId, seconds);
  return run;
}

describe('the clock of an organization', () => {
  it('goes on by what the run took beyond its charge', async () => {
    await endings.failed(await runningFor(13), someFailure);
    await settle();
    expect(await clock()).toBeCloseTo(17, 0);
  });

  it('goes back by what the run took less, but a moment counts', async () => {
    await endings.failed(await runningFor(0), someFailure);
    await settle();
    expect(await clock()).toBeCloseTo(4.05, 1);
  });

  it('counts no run for more than a minute', async () => {
    await endings.failed(await runningFor(4_000), someFailure);
    await settle();
    expect(await clock()).toBeCloseTo(64, 0);
  });

  it('is corrected once', async () => {
    await endings.failed(await runningFor(0), someFailure);
    await settle();
    const once = await clock();
    await settle();
    expect(await clock()).toBe(once);
  });

  it('is divided by the weight', async () => {
    await stage.database.asOwner(
      `INSERT INTO limit_overrides (id, scope, org_id, key, weight, set_by)
       VALUES (gen_random_uuid(), 'organization', $1, $1, 2, 'test')`,
      [stage.tenant.orgId],
    );
    await endings.failed(await runningFor(13), someFailure);
    await settle();
    expect(await clock()).toBeCloseTo(12, 0);
  });

  it('gets everything back for a run that was cancelled before it began', async () => {
    const { runId } = await stage.dispatched();
    await expectThree(runId);
    const { orgId, userId } = stage.tenant;
    await createRunRepository(stage.app).requestCancel({ orgId }, { id: runId, userId });
    await settle();
    expect(await clock()).toBeCloseTo(4, 5);
  });

  it('gets everything back when nobody claimed the run, so its next admission is no second charge', async () => {
    const { runId } = await stage.dispatched();
    await expectThree(runId);
    await stage.elapse(runId, 61);
    expect(await createReapingRepository(stage.engine).requeueUnclaimed()).toBe(1);
    await settle();
    expect(await clock()).toBeCloseTo(4, 5);
    expect(await stage.row(runId)).toMatchObject({ state: 'queued', charged_cost: null });
  });

  it.each(['retried', 'handed back'])('is charged what an attempt took that is %s', async (how) => {
    const run = await runningFor(10);
    await (how === 'retried'
      ? endings.retried(run, { failure: someFailure, delayMs: 1, queueDeadlineSeconds: 1 })
      : endings.preempted(run, 600));
    await settle();
    expect(await clock()).toBeCloseTo(14, 0);
    expect(await expected()).toBeUndefined();
  });
});

describe('what a run is expected to take', () => {
  it('is one second, until its datasource has shown what its runs take', async () => {
    expect(await stage.row((await stage.queued()).runId)).toMatchObject({ expected_cost: 1 });
    await succeed(stage.runner, await runningFor(20));
    await settle();
    expect(await expected()).toBeCloseTo(20, 0);
    const { expected_cost } = await stage.row((await stage.queued()).runId);
    expect(expected_cost).toBeCloseTo(20, 0);
  });

  it('follows the newest run by three tenths', async () => {
    await succeed(stage.runner, await runningFor(20));
    await settle();
    await succeed(stage.runner, await runningFor(10));
    await settle();
    expect(await expected()).toBeCloseTo(17, 0);
  });

  it('is not learned from a run that was cut off', async () => {
    const run = await runningFor(5);
    await createRunRepository(stage.app).requestCancel(run, { id: run.runId, userId: stage.tenant.userId });
    await endings.cancelled(run);
    await settle();
    expect(await expected()).toBeUndefined();
    expect(await clock()).toBeCloseTo(9, 0);
  });
});
