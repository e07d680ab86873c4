import { newId } from '@loupe/common/crypto';
import type { Database } from '@loupe/common/db';
import type { ClaimedRun, RunErrorClass } from '@loupe/common/models';
import { createRunRepository } from '@loupe/common/repositories';
import { createEndingRepository, createReapingRepository } from '@loupe/common/repositories/engine';
import { createResultWriter } from '@loupe/common/results';
import { eventually, openRunStage, type RunStage, startTcpProxy } from '@loupe/common/testing';
import { historyOf, readRun, runIn } from '../testing/run-store';
import type { AttemptOutcome } from './attempt-outcome';
import { type AttemptEnd, endAttempt } from './end-attempt';

let stage: RunStage;
beforeAll(async () => {
  stage = await openRunStage();
});
afterAll(() => stage.close());

function end(run: ClaimedRun, outcome: AttemptOutcome, db: Database = stage.runner): Promise<AttemptEnd> {
  const tools = {
    endings: createEndingRepository(db),
    resultTtlDays: 7,
    queueDeadlineSeconds: { interactive: 600, scheduled: 3_600 },
  };
  return endAttempt(tools, { run, outcome, elapsedMs: 5 });
}

async function success(run: ClaimedRun): Promise<AttemptOutcome> {
  const writer = createResultWriter(stage.runner, { resultId: newId(), ...run });
  writer.columns([{ name: 'n', dataType: 'INT4' }]);
  await writer.rows(['[1]', '[2]']);
  return { kind: 'succeeded', result: await writer.finish({ truncated: false, executionTimeMs: 3 }) };
}

const failure = (errorClass: RunErrorClass): AttemptOutcome => ({
  kind: 'failed',
  failure: { errorClass, code: '42P01', message: 'relation "nothing" does not exist' },
});

const requestCancel = (run: ClaimedRun) =>
  createRunRepository(stage.app).requestCancel(run, { id: run.runId, userId: stage.tenant.userId });

describe('the end of an attempt', () => {
  it('with a result', async () => {
    const run = await stage.running();
    expect(await end(run, await success(run))).toBe('succeeded');
    expect(await readRun(stage.engine, run.runId)).toMatchObject({
      state: 'succeeded',
      row_count: 2,
      failures: 0,
    });
  });

  it('with the user’s own error', async () => {
    const run = await stage.running();
    expect(await end(run, failure('user'))).toBe('failed');
    expect(await readRun(stage.engine, run.runId)).toMatchObject({
      state: 'failed',
      error_class: 'user',
      error_code: '42P01',
      error_message: 'relation "nothing" does not exist',
    });
  });

  it('with an error that may pass, until the budget is spent', async () => {
    const run = await stage.running();
    expect(await end(run, failure('lost_connection'))).toBe('retried');
    expect(await readRun(stage.engine, run.runId)).toMatchObject({ state: 'retry_wait', failures: 1 });
    const last = { ...(await stage.running()), failures: 2, secondsSinceFirstFailure: 1 };
    expect(await end(last, failure('lost_connection'))).toBe('dead');
    expect((await readRun(stage.engine, last.runId)).state).toBe('dead');
  });

  it('at its time limit', async () => {
    const run = await stage.running();
    expect(await end(run, { kind: 'timed_out', message: 'too long' })).toBe('timed_out');
    expect(await readRun(stage.engine, run.runId)).toMatchObject({
      state: 'timed_out',
      error_message: 'too long',
    });
  });

  it('by a cancellation', async () => {
    const run = await stage.running();
    await requestCancel(run);
    expect(await end(run, { kind: 'cancelled' })).toBe('cancelled');
    expect((await readRun(stage.engine, run.runId)).state).toBe('cancelled');
  });

  it('by a runner that shuts down, at no cost to the run', async () => {
    const run = await stage.running();
    expect(await end(run, { kind: 'preempted' })).toBe('preempted');
    expect(await readRun(stage.engine, run.runId)).toMatchObject({
      state: 'queued',
      preempts: 1,
      failures: 0,
    });
  });

  it('by a runner that shuts down, for the sixth time: that is a failure', async () => {
    const run = { ...(await stage.running()), preempts: 5 };
    expect(await end(run, { kind: 'preempted' })).toBe('retried');
    expect(await readRun(stage.engine, run.runId)).toMatchObject({
      state: 'retry_wait',
      preempts: 0,
      failures: 1,
    });
  });

  it('without a session: nothing is written', async () => {
    const run = await stage.running();
    expect(await end(run, { kind: 'abandoned' })).toBe('not_ours');
    expect(await historyOf(stage.engine, run.runId)).toEqual(['queued', 'dispatched', 'running']);
  });
});

describe('a cancellation that was accepted', () => {
  const outcomes: [string, (run: ClaimedRun) => AttemptOutcome | Promise<AttemptOutcome>][] = [
    ['a result', success],
    ['an error', () => failure('user')],
    ['an error that may pass', () => failure('connect')],
    ['the time limit', () => ({ kind: 'timed_out', message: 'too long' })],
    ['a shutdown', () => ({ kind: 'preempted' })],
  ];

  it.each(outcomes)('wins over %s', async (_, outcomeOf) => {
    const run = await stage.running();
    const outcome = await outcomeOf(run);
    await requestCancel(run);
    expect(await end(run, outcome)).toBe('cancelled');
    expect(await readRun(stage.engine, run.runId)).toMatchObject({ state: 'cancelled', result_id: null });
  });

  it('is not made up: a stop that nobody recorded puts the run back', async () => {
    const run = await stage.running();
    expect(await end(run, { kind: 'cancelled' })).toBe('preempted');
    expect((await readRun(stage.engine, run.runId)).state).toBe('queued');
  });
});

describe('an attempt that is not the current one any more', () => {
  async function lost(): Promise<ClaimedRun> {
    const sessionId = await stage.session();
    const run = await stage.running({ sessionId });
    await stage.engine.execute({
      name: 'test.closeSession',
      text: 'UPDATE runner_sessions SET closed_at = now() WHERE id = $1',
      values: [sessionId],
    });
    await createReapingRepository(stage.engine).reclaimLost({ interactive: 600, scheduled: 600 });
    return run;
  }

  it('writes nothing, whatever it comes to', async () => {
    const run = await lost();
    const before = await readRun(stage.engine, run.runId);
    expect(before.state).toBe('retry_wait');
    for (const outcome of [
      await success(run),
      { kind: 'preempted' },
      { kind: 'cancelled' },
    ] as AttemptOutcome[]) {
      expect(await end(run, outcome)).toBe('not_ours');
    }
    expect(await readRun(stage.engine, run.runId)).toEqual(before);
  });

  it('knows the reaper’s end from its own', async () => {
    const run = await stage.running();
    await stage.engine.execute({
      name: 'test.overdue',
      text: `UPDATE runs SET state = 'timed_out', finished_at = now() WHERE id = $1`,
      values: [run.runId],
    });
    for (const outcome of [failure('user'), await success(run), { kind: 'preempted' }] as AttemptOutcome[]) {
      expect(await end(run, outcome)).toBe('not_ours');
    }
  });
});

describe('an answer that was lost on the way', () => {
  const ends: [AttemptEnd, (run: ClaimedRun) => AttemptOutcome | Promise<AttemptOutcome>][] = [
    ['succeeded', success],
    ['failed', () => failure('user')],
    ['retried', () => failure('connect')],
    ['timed_out', () => ({ kind: 'timed_out', message: 'too long' })],
    ['preempted', () => ({ kind: 'preempted' })],
  ];

  it.each(ends)('does not make it two: %s is recognised as ours', async (name, outcomeOf) => {
    const proxy = await startTcpProxy(stage.database.url);
    const db = stage.database.open('loupe_runner', { url: proxy.lead(stage.database.url) });
    const run = await stage.running();
    const outcome = await outcomeOf(run);
    await db.one({ name: 'test.connect', text: 'SELECT 1 AS ok' });

    proxy.loseAnswers();
    const ended = end(run, outcome, db);
    await eventually(
      'the end is committed',
      async () => (await readRun(stage.engine, run.runId)).state !== 'running',
    );
    proxy.breakAll();

    expect(await ended).toBe(name);
    expect(await historyOf(stage.engine, run.runId)).toHaveLength(4);
    await db.close();
    await proxy.close();
  });

  it('is asked for again until the database is back', async () => {
    const proxy = await startTcpProxy(stage.database.url);
    const db = stage.database.open('loupe_runner', { url: proxy.lead(stage.database.url) });
    const run = await stage.running();
    await db.one({ name: 'test.connect', text: 'SELECT 1 AS ok' });
    proxy.freeze();
    const ended = end(run, failure('user'), db);
    await new Promise(setImmediate);
    proxy.breakAll();
    expect(await ended).toBe('failed');
    await runIn(stage.engine, run.runId, 'failed');
    await db.close();
    await proxy.close();
  });
});
