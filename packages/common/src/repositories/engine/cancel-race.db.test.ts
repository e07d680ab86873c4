import { eventually, openRunStage, type RunStage, someFailure, succeed } from '../../testing';
import { createRunRepository, type RunRepository } from '../runs';
import { createClaimRepository } from './claims';
import { createEndingRepository } from './endings';
import { createReapingRepository } from './reaping';
import { createRunnerSessionRepository } from './runner-sessions';

// Two sides reach for one row at the same time, many times over. Whoever comes first, the outcome is a legal one, both
// sides know it, and an accepted cancellation never ends otherwise than as cancelled.

let stage: RunStage;
let runs: RunRepository;
beforeAll(async () => {
  stage = await openRunStage();
  runs = createRunRepository(stage.app);
});
afterAll(() => stage.close());

const rounds = 40;

/** Both at once, in either order of sending. */
async function race<A, B>(round: number, a: () => Promise<A>, b: () => Promise<B>): Promise<[A, B]> {
  if (round % 2 === 0) return Promise.all([a(), b()]);
  const [second, first] = await Promise.all([b(), a()]);
  return [first, second];
}

const cancel = (runId: string) =>
  runs.requestCancel(stage.tenant, { id: runId, userId: stage.tenant.userId });

async function finalEvents(runId: string): Promise<string[]> {
  const rows = await stage.database.asOwner<{ to_state: string }>(
    `SELECT to_state FROM run_events WHERE run_id = $1
       AND to_state IN ('succeeded', 'failed', 'cancelled', 'timed_out', 'dead')`,
    [runId],
  );
  return rows.map(({ to_state }) => to_state);
}

/** Resolves when a statement of somebody waits for a row that another transaction holds. */
const somebodyWaits = (): Promise<unknown> =>
  eventually('a statement waits for a lock', async () => {
    const waiting = await stage.database.asOwner(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return waiting.length > 0;
  });

describe('what comes second waits for what came first', () => {
  it('the owner’s success for an accepted cancellation, and then writes nothing', async () => {
    const run = await stage.running();
    const succeeded = await stage.app.transaction(async (tx) => {
      await createRunRepository(tx).requestCancel(stage.tenant, {
        id: run.runId,
        userId: stage.tenant.userId,
      });
      const ending = succeed(stage.runner, run);
      await somebodyWaits();
      return { ending };
    });
    expect(await succeeded.ending).toBe(false);
    expect(await stage.database.asOwner('SELECT FROM results WHERE run_id = $1', [run.runId])).toEqual([]);
    expect(await stage.database.asOwner('SELECT FROM result_chunks WHERE run_id = $1', [run.runId])).toEqual(
      [],
    );
  });

  it('a cancellation for the owner’s end, and then tells of that', async () => {
    const run = await stage.running();
    const { answer } = await stage.runner.transaction(async (tx) => {
      await createEndingRepository(tx).failed(run, someFailure);
      const cancellation = cancel(run.runId);
      await somebodyWaits();
      return { answer: cancellation };
    });
    expect(await answer).toMatchObject({ state: 'failed', cancelRequestedAt: null });
  });

  it('a claim for a cancellation, and then fails', async () => {
    const hint = await stage.dispatched();
    const sessionId = await stage.session();
    const { claim } = await stage.app.transaction(async (tx) => {
      await createRunRepository(tx).requestCancel(stage.tenant, {
        id: hint.runId,
        userId: stage.tenant.userId,
      });
      const claiming = createClaimRepository(stage.runner).claim(hint, sessionId);
      await somebodyWaits();
      return { claim: claiming };
    });
    expect(await claim).toBeUndefined();
  });

  it('a cancellation for a claim, and then sets the flag alone', async () => {
    const hint = await stage.dispatched();
    const sessionId = await stage.session();
    const { answer } = await stage.runner.transaction(async (tx) => {
      await createClaimRepository(tx).claim(hint, sessionId);
      const cancellation = cancel(hint.runId);
      await somebodyWaits();
      return { answer: cancellation };
    });
    expect(await answer).toMatchObject({ state: 'running', cancelRequestedAt: expect.any(Date) });
  });
});

it('a cancellation against the owner’s success', async () => {
  const endings = createEndingRepository(stage.runner);
  for (let round = 0; round < rounds; round += 1) {
    const run = await stage.running();
    const [answer, succeeded] = await race(
      round,
      () => cancel(run.runId),
      () => succeed(stage.runner, run),
    );
    if (succeeded) {
      expect(answer).toMatchObject({ state: 'succeeded', cancelRequestedAt: null });
    } else {
      expect(answer).toMatchObject({ state: 'running', cancelRequestedAt: expect.any(Date) });
      expect(await endings.standing(run.runId)).toMatchObject({ state: 'running', cancelRequested: true });
      expect(await endings.cancelled(run)).toBe(true);
    }
    expect(await finalEvents(run.runId)).toEqual([succeeded ? 'succeeded' : 'cancelled']);
    const results = await stage.database.asOwner('SELECT FROM results WHERE run_id = $1', [run.runId]);
    expect(results).toHaveLength(succeeded ? 1 : 0);
  }
});

it('a cancellation against the claim', async () => {
  const claims = createClaimRepository(stage.runner);
  const sessionId = await stage.session();
  for (let round = 0; round < rounds; round += 1) {
    const hint = await stage.dispatched();
    const [answer, claimed] = await race(
      round,
      () => cancel(hint.runId),
      () => claims.claim(hint, sessionId),
    );
    // An accepted cancellation is either final already or stands as a flag that the owner finds.
    if (claimed === undefined) expect(answer).toMatchObject({ state: 'cancelled' });
    else {
      expect(answer).toMatchObject({ state: 'running', sessionId });
      expect(await claims.cancelled(sessionId)).toEqual([hint.runId]);
      expect(await createEndingRepository(stage.runner).cancelled(claimed)).toBe(true);
    }
    expect(await finalEvents(hint.runId)).toEqual(['cancelled']);
  }
});

it('the owner’s end against the reaper that takes its run away', async () => {
  const reaping = createReapingRepository(stage.engine);
  const endings = createEndingRepository(stage.runner);
  for (let round = 0; round < rounds; round += 1) {
    const run = await stage.running({ sessionId: await stage.session() });
    await createRunnerSessionRepository(stage.runner).close(run.sessionId);
    const [ended, reclaimed] = await race(
      round,
      () => endings.failed(run, someFailure),
      () => reaping.reclaimLost({ interactive: 600, scheduled: 3_600 }),
    );
    // Neither, if the reaper passed over the row because the owner held it and the owner's statement then hit.
    expect([ended, reclaimed]).toEqual(ended ? [true, 0] : [false, 1]);
    expect(await stage.row(run.runId)).toMatchObject({ state: ended ? 'failed' : 'retry_wait' });
  }
});

it('two cancellations: both are accepted, the first one counts', async () => {
  const { runId } = await stage.queued();
  const answers = await Promise.all(Array.from({ length: 8 }, () => cancel(runId)));
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect(await finalEvents(runId)).toEqual(['cancelled']);
});
