import type { ClaimedRun } from '../../models';
import { openRunStage, type RunStage, someFailure } from '../../testing';
import { createRunRepository } from '../runs';
import { createEndingRepository } from './endings';
import { createReapingRepository, type ReapingRepository } from './reaping';
import { createRunnerSessionRepository } from './runner-sessions';

// Each test counts what a step moved, so each begins with nothing left to move.

let stage: RunStage;
let reaping: ReapingRepository;
beforeEach(async () => {
  stage = await openRunStage();
  reaping = createReapingRepository(stage.engine);
});
afterEach(() => stage.close());

const deadlines = { interactive: 600, scheduled: 3_600 };

const flag = (runId: string): Promise<unknown> =>
  createRunRepository(stage.app).requestCancel(stage.tenant, { id: runId, userId: stage.tenant.userId });

/** A step moves one run once, as expected, and then has nothing left to do. */
async function movesOnce(step: () => Promise<number>, runId: string, expected: object): Promise<void> {
  expect(await step()).toBe(1);
  expect(await stage.row(runId)).toMatchObject(expected);
  expect(await step()).toBe(0);
}

const steps = (): [name: string, step: () => Promise<number>][] => [
  ['requeueUnclaimed', () => reaping.requeueUnclaimed()],
  ['finishCancellations', () => reaping.finishCancellations()],
  ['timeOutOverdue', () => reaping.timeOutOverdue()],
  ['timeOutQueued', () => reaping.timeOutQueued()],
  ['requeueRetries', () => reaping.requeueRetries()],
  ['reclaimLost', () => reaping.reclaimLost(deadlines)],
];

it('leaves alone what is in time, and what is final', async () => {
  for (const state of ['queued', 'dispatched', 'running', 'retry_wait', 'succeeded', 'dead'] as const) {
    await stage.inState(state);
  }
  for (const [name, step] of steps()) expect([name, await step()]).toEqual([name, 0]);
  expect(await reaping.closeExpiredSessions()).toBe(0);
  expect(await reaping.unclaimed()).toEqual([]);
});

describe('an admission that nobody claims', () => {
  it('is announced again after 3 s, and taken back after 60 s (T3), with the clock it had', async () => {
    const hint = await stage.dispatched();
    await stage.elapse(hint.runId, 4);
    expect(await reaping.unclaimed()).toEqual([{ ...hint, pool: 'interactive' }]);
    expect(await reaping.requeueUnclaimed()).toBe(0);
    await stage.elapse(hint.runId, 57);
    const { queue_deadline_at } = await stage.row(hint.runId);
    await movesOnce(() => reaping.requeueUnclaimed(), hint.runId, {
      ...{ state: 'queued', epoch: hint.epoch, queue_deadline_at },
    });
  });
});

describe('a retry', () => {
  it('becomes ready when its time has come (T14), and keeps its place and its clock', async () => {
    const runId = await stage.inState('retry_wait');
    const { queued_at, queue_deadline_at } = await stage.row(runId);
    await stage.database.asOwner('UPDATE runs SET run_at = now() WHERE id = $1', [runId]);
    await movesOnce(() => reaping.requeueRetries(), runId, {
      ...{ state: 'queued', failures: 1, queued_at, queue_deadline_at },
    });
  });
});

describe('a run that waits past its queue deadline (T13)', () => {
  it.each(['queued', 'dispatched'] as const)('times out while it is %s', async (state) => {
    const runId = await stage.inState(state, { queueDeadlineSeconds: 30 });
    await stage.elapse(runId, 31);
    await movesOnce(() => reaping.timeOutQueued(), runId, {
      ...{ state: 'timed_out', error_message: 'The run waited too long for a free runner' },
    });
  });

  it('says what had gone wrong before', async () => {
    const runId = await stage.inState('retry_wait');
    await stage.elapse(runId, 661);
    await movesOnce(() => reaping.timeOutQueued(), runId, {
      ...{ state: 'timed_out' },
      error_message: 'The run waited too long to be tried again; last error: syntax error',
    });
  });
});

describe('a run that executes past its deadline (T10)', () => {
  it('is left to its owner for 15 s, and then times out', async () => {
    const { runId } = await stage.running({ timeoutSeconds: 10 });
    await stage.elapse(runId, 24);
    expect(await reaping.timeOutOverdue()).toBe(0);
    await stage.elapse(runId, 2);
    await movesOnce(() => reaping.timeOutOverdue(), runId, {
      ...{ state: 'timed_out', error_message: 'The query ran longer than its limit of 10 s' },
    });
  });
});

describe('a cancellation', () => {
  it('of a run that executes is confirmed for its owner after 30 s (T9)', async () => {
    const { runId } = await stage.running();
    await flag(runId);
    await stage.elapse(runId, 29);
    expect(await reaping.finishCancellations()).toBe(0);
    await stage.elapse(runId, 2);
    await movesOnce(() => reaping.finishCancellations(), runId, { state: 'cancelled', lost: 0 });
  });

  it.each(['queued', 'dispatched', 'retry_wait'] as const)(
    'that left a run %s is completed (T12)',
    async (state) => {
      const runId = await stage.inState(state);
      await stage.database.asOwner('UPDATE runs SET cancel_requested_at = now() WHERE id = $1', [runId]);
      await movesOnce(() => reaping.finishCancellations(), runId, { state: 'cancelled' });
    },
  );

  it('is never overtaken by another step', async () => {
    const { runId: overdue } = await stage.running({ timeoutSeconds: 1 });
    const waiting = await stage.inState('queued', { queueDeadlineSeconds: 1 });
    const unclaimed = await stage.inState('dispatched', { queueDeadlineSeconds: 1 });
    for (const runId of [overdue, waiting, unclaimed]) {
      await stage.elapse(runId, 1_000);
      await stage.database.asOwner('UPDATE runs SET cancel_requested_at = now() WHERE id = $1', [runId]);
    }
    for (const [name, step] of steps()) {
      if (name !== 'finishCancellations') expect([name, await step()]).toEqual([name, 0]);
    }
    expect(await reaping.finishCancellations()).toBe(2);
  });
});

describe('a session whose lease ran out', () => {
  it('is closed once, and an open or closed one is left alone', async () => {
    const expired = await stage.session({ leaseSeconds: -1 });
    await stage.session();
    const closed = await stage.session({ leaseSeconds: -1 });
    await createRunnerSessionRepository(stage.runner).close(closed);
    expect(await reaping.closeExpiredSessions()).toBe(1);
    expect(await reaping.closeExpiredSessions()).toBe(0);
    const rows = await stage.database.asOwner(
      'SELECT id FROM runner_sessions WHERE closed_at IS NOT NULL ORDER BY id',
    );
    expect(rows).toEqual([expired, closed].sort().map((id) => ({ id })));
  });
});

describe('a run that lost its runner', () => {
  /** Claims the run for a session that is closed right after, as often as given. */
  async function lose(run: ClaimedRun): Promise<void> {
    await createRunnerSessionRepository(stage.runner).close(run.sessionId);
  }
  const onNewSession = async (origin: 'api' | 'schedule' = 'api'): Promise<ClaimedRun> =>
    stage.running({ sessionId: await stage.session(), origin });

  it.each([
    ['api', 600],
    ['schedule', 3_600],
  ] as const)(
    'with the origin %s is tried again within 2 s (T7), and may then wait %i s',
    async (origin, wait) => {
      const run = await onNewSession(origin);
      await lose(run);
      await movesOnce(() => reaping.reclaimLost(deadlines), run.runId, {
        ...{
          state: 'retry_wait',
          lost: 1,
          failures: 0,
          preempts: 0,
          finished_at: null,
          first_failure_at: null,
        },
        ...{ error_class: 'runner_lost', attempt: 1 },
      });
      const [row] = await stage.database.asOwner<{ delay: number; wait: number }>(
        `SELECT extract(epoch FROM run_at - now())::float8 AS delay,
              extract(epoch FROM queue_deadline_at - run_at)::float8 AS wait FROM runs WHERE id = $1`,
        [run.runId],
      );
      expect(row!.delay).toBeLessThanOrEqual(2);
      expect(row!.wait).toBe(wait);
    },
  );

  it('goes where it meets no other run, if somebody serves that pool', async () => {
    const unserved = await onNewSession();
    await lose(unserved);
    await reaping.reclaimLost(deadlines);
    expect(await stage.row(unserved.runId)).toMatchObject({ state: 'retry_wait', pool: 'interactive' });
    const quarantine = await stage.session({ pools: ['quarantine'] });
    const served = await onNewSession();
    await lose(served);
    await reaping.reclaimLost(deadlines);
    expect(await stage.row(served.runId)).toMatchObject({ state: 'retry_wait', pool: 'quarantine' });
    await createRunnerSessionRepository(stage.runner).close(quarantine);
  });

  it('fails at once if it was a test of a source, for nobody waits for another', async () => {
    const run = await onNewSession();
    await stage.database.asOwner(`UPDATE runs SET pool = 'control' WHERE id = $1`, [run.runId]);
    await lose(run);
    await movesOnce(() => reaping.reclaimLost(deadlines), run.runId, {
      ...{ state: 'failed', error_class: 'runner_lost' },
      error_message: 'The runner that executed the run was lost',
    });
  });

  it('for the third time is given up (T8)', async () => {
    const run = await onNewSession();
    await stage.database.asOwner('UPDATE runs SET lost = 2 WHERE id = $1', [run.runId]);
    await lose(run);
    await movesOnce(() => reaping.reclaimLost(deadlines), run.runId, {
      ...{ state: 'dead', lost: 3, error_class: 'runner_lost' },
      error_message: 'The run was given up: 3 runners that executed it were lost',
    });
  });

  it('is cancelled if that was asked for (T9)', async () => {
    const run = await onNewSession();
    await flag(run.runId);
    await lose(run);
    await movesOnce(() => reaping.reclaimLost(deadlines), run.runId, {
      ...{ state: 'cancelled', error_message: 'The run was cancelled', error_class: null },
    });
  });

  it('is not ended by the runner that comes back', async () => {
    const run = await onNewSession();
    await lose(run);
    await reaping.reclaimLost(deadlines);
    expect(await createEndingRepository(stage.runner).failed(run, someFailure)).toBe(false);
    expect(await stage.row(run.runId)).toMatchObject({ state: 'retry_wait' });
  });

  it('does not take the runs of other sessions along', async () => {
    const [run, innocent] = [await onNewSession(), await onNewSession()];
    await lose(run);
    expect(await reaping.reclaimLost(deadlines)).toBe(1);
    expect(await stage.row(innocent.runId)).toMatchObject({ state: 'running', lost: 0 });
  });
});

describe('what no runner can count', () => {
  let heard: string[];
  beforeEach(() => {
    heard = [];
    reaping = createReapingRepository(stage.engine, {
      lost: (pool, cause) => heard.push(`lost from ${pool}: ${cause}`),
      unconfirmedStop: (connector) => heard.push(`unconfirmed: ${connector}`),
    });
  });

  it('are runs of runners that went silent, and of those that left them behind', async () => {
    await stage.session({ pools: ['quarantine'] });
    const [silent, leaving] = [await stage.session(), await stage.session()];
    for (const sessionId of [silent, leaving]) await stage.running({ sessionId });
    await stage.database.asOwner(
      `UPDATE runner_sessions SET expires_at = now() - interval '1 s' WHERE id = $1`,
      [silent],
    );
    await reaping.closeExpiredSessions();
    await reaping.reclaimLost(deadlines);
    await createRunnerSessionRepository(stage.runner).close(leaving);
    await reaping.reclaimLost(deadlines);
    expect(heard).toEqual(['lost from interactive: lease', 'lost from interactive: closed']);
  });

  it('are stops that nobody confirmed, and no end of what did not execute', async () => {
    const { runId: overdue } = await stage.running({ timeoutSeconds: 1 });
    const { runId: cancelled } = await stage.running();
    await flag(cancelled);
    const queued = await stage.inState('queued');
    await stage.database.asOwner('UPDATE runs SET cancel_requested_at = now() WHERE id = $1', [queued]);
    for (const runId of [overdue, cancelled]) await stage.elapse(runId, 31);
    expect(await reaping.timeOutOverdue()).toBe(1);
    expect(await reaping.finishCancellations()).toBe(2);
    expect(heard).toEqual(['unconfirmed: postgres', 'unconfirmed: postgres']);
  });

  it('is both when a cancelled run lost its runner', async () => {
    const sessionId = await stage.session();
    const { runId } = await stage.running({ sessionId });
    await flag(runId);
    await createRunnerSessionRepository(stage.runner).close(sessionId);
    await reaping.reclaimLost(deadlines);
    expect(heard).toEqual(['lost from interactive: closed', 'unconfirmed: postgres']);
  });
});

describe('several reapers at once', () => {
  it('move each run once, and wait for nobody who holds a row', async () => {
    const due: string[] = [];
    for (let i = 0; i < 12; i += 1) due.push(await stage.inState('retry_wait'));
    await stage.database.asOwner('UPDATE runs SET run_at = now()');
    const [held] = due;
    const others = Array.from({ length: 3 }, () =>
      createReapingRepository(stage.database.open('loupe_engine')),
    );
    await stage.engine.transaction(async (tx) => {
      await tx.rows({
        name: 'test.hold',
        text: 'SELECT id FROM runs WHERE id = $1 FOR UPDATE',
        values: [held],
      });
      const moved = await Promise.all(others.map((other) => other.requeueRetries()));
      expect(moved.reduce((sum, n) => sum + n, 0)).toBe(11);
    });
    expect(await others[0]!.requeueRetries()).toBe(1);
    const events = await stage.database.asOwner(
      `SELECT FROM run_events WHERE from_state = 'retry_wait' AND to_state = 'queued'`,
    );
    expect(events).toHaveLength(12);
  });

  it('reclaim a lost run once', async () => {
    const sessionId = await stage.session();
    const runs: string[] = [];
    for (let i = 0; i < 8; i += 1) runs.push((await stage.running({ sessionId })).runId);
    await createRunnerSessionRepository(stage.runner).close(sessionId);
    const counts = await Promise.all(Array.from({ length: 4 }, () => reaping.reclaimLost(deadlines)));
    expect(counts.reduce((sum, n) => sum + n, 0)).toBe(8);
    for (const id of runs) expect(await stage.row(id)).toMatchObject({ lost: 1 });
  });
});
