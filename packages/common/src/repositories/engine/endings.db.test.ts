import { newId } from '../../crypto';
import type { ClaimedRun, RunFence } from '../../models';
import { openRunStage, type RunStage, someFailure, succeed } from '../../testing';
import { createRunRepository } from '../runs';
import { createEndingRepository, type EndingRepository } from './endings';
import { createRunnerSessionRepository } from './runner-sessions';

let stage: RunStage;
let endings: EndingRepository;
beforeAll(async () => {
  stage = await openRunStage();
  endings = createEndingRepository(stage.runner);
});
afterAll(() => stage.close());

type Ending = (fence: RunFence & { orgId: string }) => Promise<boolean>;

const retry = { failure: someFailure, delayMs: 1_500, queueDeadlineSeconds: 600 };

const uncancelled: Record<string, Ending> = {
  succeeded: (fence) => succeed(stage.runner, fence),
  failed: (fence) => endings.failed(fence, someFailure),
  retried: (fence) => endings.retried(fence, retry),
  dead: (fence) => endings.dead(fence, someFailure),
  timedOut: (fence) => endings.timedOut(fence, 'The query ran longer than its limit of 30 s'),
  preempted: (fence) => endings.preempted(fence, 600),
};
const all: Record<string, Ending> = { ...uncancelled, cancelled: (fence) => endings.cancelled(fence) };

const flag = (run: ClaimedRun): Promise<unknown> =>
  createRunRepository(stage.app).requestCancel(run, { id: run.runId, userId: stage.tenant.userId });

const traces = (runId: string): Promise<{ results: number; chunks: number; events: number }[]> =>
  stage.database.asOwner(
    `SELECT (SELECT count(*)::int FROM results WHERE run_id = $1) AS results,
            (SELECT count(*)::int FROM result_chunks WHERE run_id = $1) AS chunks,
            (SELECT count(*)::int FROM run_events WHERE run_id = $1) AS events`,
    [runId],
  );

/** The ending does nothing: not to the row, not to its events, not to the result store. */
async function writesNothing(end: Ending, run: ClaimedRun, fence: Partial<RunFence> = {}): Promise<void> {
  const before = [await stage.row(run.runId), await traces(run.runId)];
  expect(await end({ ...run, ...fence })).toBe(false);
  expect([await stage.row(run.runId), await traces(run.runId)]).toEqual(before);
}

describe('the owner ends its attempt', () => {
  it('with a result (T5), which the run refers to', async () => {
    const run = await stage.running();
    expect(await succeed(stage.runner, run)).toBe(true);
    const row = await stage.row(run.runId);
    expect(row).toMatchObject({ state: 'succeeded', finished_at: expect.any(Date), error_message: null });
    const [result] = await stage.database.asOwner<Record<string, unknown>>(
      `SELECT *, expires_at - created_at = interval '7 days' AS for_a_week FROM results WHERE run_id = $1`,
      [run.runId],
    );
    expect(result).toMatchObject({ id: row['result_id'], attempt: 1, row_count: 1, for_a_week: true });
    expect(await traces(run.runId)).toEqual([{ results: 1, chunks: 1, events: 4 }]);
  });

  it('with a result of an earlier failed attempt’s run: the error is gone', async () => {
    const runId = await stage.inState('retry_wait');
    for (const assignments of [`state = 'queued'`, `state = 'dispatched', epoch = epoch + 1`]) {
      await stage.database.asOwner(`UPDATE runs SET ${assignments} WHERE id = $1`, [runId]);
    }
    const sessionId = await stage.session();
    await stage.database.asOwner(
      `UPDATE runs SET state = 'running', attempt = attempt + 1, session_id = $2 WHERE id = $1`,
      [runId, sessionId],
    );
    expect(await succeed(stage.runner, { runId, attempt: 2, sessionId, orgId: stage.tenant.orgId })).toBe(
      true,
    );
    expect(await stage.row(runId)).toMatchObject({
      error_class: null,
      error_code: null,
      error_message: null,
    });
  });

  it('with the user’s error (T6)', async () => {
    const run = await stage.running();
    expect(await endings.failed(run, someFailure)).toBe(true);
    expect(await stage.row(run.runId)).toMatchObject({
      ...{ state: 'failed', finished_at: expect.any(Date), failures: 0 },
      ...{ error_class: 'user', error_code: '42601', error_message: 'syntax error', result_id: null },
    });
  });

  it('to be tried again (T7), with clocks set anew and its place kept', async () => {
    const run = await stage.running();
    const before = await stage.row(run.runId);
    expect(await endings.retried(run, retry)).toBe(true);
    const row = await stage.row(run.runId);
    expect(row).toMatchObject({
      ...{ state: 'retry_wait', failures: 1, lost: 0, preempts: 0, finished_at: null },
      ...{ error_class: 'user', queued_at: before['queued_at'] },
    });
    const [firstFailure, runAt, deadline] = ['first_failure_at', 'run_at', 'queue_deadline_at'].map((name) =>
      (row[name] as Date).getTime(),
    ) as [number, number, number];
    expect(runAt - firstFailure).toBe(1_500);
    expect(deadline - runAt).toBe(600_000);
  });

  it('after too many tries (T8)', async () => {
    const run = await stage.running();
    expect(await endings.dead(run, someFailure)).toBe(true);
    expect(await stage.row(run.runId)).toMatchObject({ state: 'dead', failures: 1, error_code: '42601' });
  });

  it('after the source has stopped (T9)', async () => {
    const run = await stage.running();
    await flag(run);
    expect(await endings.cancelled(run)).toBe(true);
    expect(await stage.row(run.runId)).toMatchObject({
      ...{ state: 'cancelled', error_message: 'The run was cancelled', error_class: null },
      cancel_requested_by: stage.tenant.userId,
    });
  });

  it('at its deadline (T10)', async () => {
    const run = await stage.running();
    expect(await endings.timedOut(run, 'too long')).toBe(true);
    expect(await stage.row(run.runId)).toMatchObject({
      ...{ state: 'timed_out', error_message: 'too long', finished_at: expect.any(Date) },
    });
  });

  it('because it shuts down (T11): the run keeps its place and its failures, and may wait anew', async () => {
    const run = await stage.running();
    await stage.elapse(run.runId, 100);
    const before = await stage.row(run.runId);
    expect(await endings.preempted(run, 600)).toBe(true);
    const row = await stage.row(run.runId);
    expect(row).toMatchObject({ state: 'queued', preempts: 1, failures: 0, queued_at: before['queued_at'] });
    expect((row['queue_deadline_at'] as Date).getTime()).toBeGreaterThan(
      (before['queue_deadline_at'] as Date).getTime() + 99_000,
    );
  });

  it('also when its session has been closed, as long as nobody took the run away', async () => {
    const sessionId = await stage.session();
    const run = await stage.running({ sessionId });
    await createRunnerSessionRepository(stage.runner).close(sessionId);
    expect(await endings.failed(run, someFailure)).toBe(true);
  });
});

describe.each(Object.entries(all))('an ending by %s', (name, end) => {
  const flagged = name === 'cancelled';
  const running = async (): Promise<ClaimedRun> => {
    const run = await stage.running();
    if (flagged) await flag(run);
    return run;
  };

  it('writes nothing for another attempt or another session', async () => {
    const run = await running();
    await writesNothing(end, run, { attempt: run.attempt + 1 });
    await writesNothing(end, run, { attempt: run.attempt - 1 });
    await writesNothing(end, run, { sessionId: await stage.session() });
    expect(await end(run)).toBe(true);
  });

  it('writes nothing twice', async () => {
    const run = await running();
    expect(await end(run)).toBe(true);
    await writesNothing(end, run);
  });

  it('writes nothing once another attempt executes, by the same session or another', async () => {
    for (const sessionId of [undefined, await stage.session()]) {
      const run = await stage.running();
      await endings.preempted(run, 600);
      await stage.database.asOwner(`UPDATE runs SET state = 'dispatched', epoch = epoch + 1 WHERE id = $1`, [
        run.runId,
      ]);
      await stage.database.asOwner(
        `UPDATE runs SET state = 'running', attempt = attempt + 1, session_id = coalesce($2, session_id) WHERE id = $1`,
        [run.runId, sessionId],
      );
      if (flagged) await flag(run);
      await writesNothing(end, run);
    }
  });

  it('writes nothing for a run that does not exist', async () => {
    expect(await end({ runId: newId(), attempt: 1, sessionId: newId(), orgId: stage.tenant.orgId })).toBe(
      false,
    );
  });
});

it.each(Object.entries(uncancelled))(
  '%s writes nothing once the cancellation was accepted',
  async (_n, end) => {
    const run = await stage.running();
    await flag(run);
    await writesNothing(end, run);
    expect(await endings.cancelled(run)).toBe(true);
  },
);

it('cancelled writes nothing unless somebody asked for it', async () => {
  await writesNothing(all['cancelled']!, await stage.running());
});

describe('the standing of a run', () => {
  it('tells an owner whose ending hit no row why', async () => {
    const run = await stage.running();
    const { runId, attempt, sessionId } = run;
    const standing = { state: 'running', attempt, sessionId, cancelRequested: false, resultId: null };
    expect(await endings.standing(runId)).toEqual(standing);
    await flag(run);
    expect(await endings.standing(runId)).toEqual({ ...standing, cancelRequested: true });
    await endings.cancelled(run);
    expect(await endings.standing(runId)).toEqual({ ...standing, state: 'cancelled', cancelRequested: true });
  });

  it('names the result of a run that succeeded, and nothing of one that does not exist', async () => {
    const runId = await stage.inState('succeeded');
    expect(await endings.standing(runId)).toMatchObject({ resultId: expect.any(String) });
    expect(await endings.standing(newId())).toBeUndefined();
  });
});
