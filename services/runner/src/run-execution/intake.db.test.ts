import type { Database } from '@loupe/common/db';
import type { ClaimedRun } from '@loupe/common/models';
import { createLogger } from '@loupe/common/observability';
import { createRunRepository } from '@loupe/common/repositories';
import { createClaimRepository, createEndingRepository } from '@loupe/common/repositories/engine';
import { eventually, openRunStage, type RunStage, startTcpProxy, type TcpProxy } from '@loupe/common/testing';
import { readRun, runIn } from '../testing/run-store';
import { createExecutingRuns, type ExecutingRuns } from './executing-runs';
import { createIntake, type Intake } from './intake';
import { createSlots, type Slots } from './slots';
import { createUnansweredClaims, type UnansweredClaims } from './unanswered-claims';

let stage: RunStage;
beforeAll(async () => {
  stage = await openRunStage();
});
afterAll(() => stage.close());

interface Parts {
  intake: Intake;
  slots: Slots;
  stopping: AbortController;
  executing: ExecutingRuns;
  unanswered: UnansweredClaims;
  claimed: ClaimedRun[];
  /** Ends what was claimed first. */
  endFirst: () => void;
}

/** Runs that are claimed go on until they are ended by hand. */
function partsWith(sessionId: string, db: Database = stage.runner): Parts {
  const slots = createSlots({ total: 2, reserved: 1 });
  const stopping = new AbortController();
  const executing = createExecutingRuns();
  const unanswered = createUnansweredClaims({
    endings: createEndingRepository(stage.runner),
    executing,
    isClaiming: (runId) => intake.isClaiming(runId),
    logger: createLogger({ service: 'runner', level: 'error', format: 'json' }),
    queueDeadlineSeconds: { interactive: 600, scheduled: 3_600 },
  });
  const claimed: ClaimedRun[] = [];
  const ends: (() => void)[] = [];
  const intake = createIntake({
    claims: createClaimRepository(db),
    slots,
    pools: ['interactive', 'scheduled'],
    sessionId: () => sessionId,
    stopping: stopping.signal,
    async execute(run) {
      const { done } = executing.add(run.runId);
      claimed.push(run);
      await new Promise<void>((resolve) => ends.push(resolve));
      done();
    },
    onFree: () => undefined,
    onUnanswered: unanswered.note,
  });
  return { intake, slots, stopping, executing, unanswered, claimed, endFirst: () => ends.shift()?.() };
}

const interactive = async () => ({ ...(await stage.dispatched()), pool: 'interactive' as const });
const scheduled = async () => ({
  ...(await stage.dispatched({ origin: 'schedule' })),
  pool: 'scheduled' as const,
});

describe('a hint', () => {
  it('is claimed once, however often it comes, and a refused claim costs no slot', async () => {
    const { intake, slots, claimed, endFirst } = partsWith(await stage.session());
    const hint = await interactive();
    await Promise.all([intake.take(hint), intake.take(hint)]);
    await intake.take({ ...hint, epoch: hint.epoch + 1 });
    expect(claimed).toHaveLength(1);
    expect(slots.busy()).toBe(1);
    endFirst();
    await eventually('the slot is free', () => slots.busy() === 0);
  });

  it('waits for a slot that it may take', async () => {
    const { intake, claimed, endFirst } = partsWith(await stage.session());
    await intake.take(await scheduled());
    const late = await scheduled();
    const taken = intake.take(late);
    await intake.take(await interactive());
    expect(claimed.map(({ pool }) => pool)).toEqual(['scheduled', 'interactive']);
    endFirst();
    await taken;
    expect(claimed[2]?.runId).toBe(late.runId);
  });

  it('is left alone once the runner stops', async () => {
    const { intake, stopping, slots } = partsWith(await stage.session());
    stopping.abort(new Error('the runner stops'));
    const hint = await interactive();
    await intake.take(hint);
    expect(await intake.poll(0)).toBe(0);
    expect(slots.busy()).toBe(0);
    expect((await readRun(stage.engine, hint.runId)).state).toBe('dispatched');
    await createRunRepository(stage.app).requestCancel(stage.tenant, {
      id: hint.runId,
      userId: stage.tenant.userId,
    });
  });

  it('of a session that is closed claims nothing', async () => {
    const sessionId = await stage.session();
    await stage.engine.execute({
      name: 'test.close',
      text: 'UPDATE runner_sessions SET closed_at = now() WHERE id = $1',
      values: [sessionId],
    });
    const { intake, claimed } = partsWith(sessionId);
    const hint = await interactive();
    await intake.take(hint);
    expect(claimed).toEqual([]);
    await createRunRepository(stage.app).requestCancel(stage.tenant, {
      id: hint.runId,
      userId: stage.tenant.userId,
    });
  });
});

describe('the poll', () => {
  it('claims as much as there are slots for, the reserved one for a person', async () => {
    const { intake, claimed, slots } = partsWith(await stage.session());
    for (let n = 0; n < 3; n += 1) await scheduled();
    const person = await interactive();
    expect(await intake.poll(3_600)).toBe(0);
    expect(await intake.poll(0)).toBe(2);
    expect(claimed.map(({ pool }) => pool)).toEqual(['scheduled', 'interactive']);
    expect(claimed[1]?.runId).toBe(person.runId);
    expect(await intake.poll(0)).toBe(0);
    expect(slots.busy()).toBe(2);
  });
});

describe('a claim that the database did not answer', () => {
  let proxy: TcpProxy;
  let db: Database;
  beforeEach(async () => {
    proxy = await startTcpProxy(stage.database.url);
    db = stage.database.open('loupe_runner', { url: proxy.lead(stage.database.url) });
    await db.one({ name: 'test.connect', text: 'SELECT 1 AS ok' });
  });
  afterEach(async () => {
    await db.close();
    await proxy.close();
  });

  async function connected(): Promise<Parts & { sessionId: string }> {
    const sessionId = await stage.session();
    return { ...partsWith(sessionId, db), sessionId };
  }

  async function claimUnanswered(): Promise<Parts & { runId: string }> {
    const parts = await connected();
    const hint = await interactive();
    proxy.loseAnswers();
    const taken = parts.intake.take(hint);
    await runIn(stage.engine, hint.runId, 'running');
    proxy.breakAll();
    await expect(taken).rejects.toMatchObject({ kind: 'unavailable' });
    expect(parts.claimed).toEqual([]);
    return { ...parts, runId: hint.runId };
  }

  it('is handed back if it was granted, for nobody executes it', async () => {
    const { unanswered, slots, runId } = await claimUnanswered();
    // For the database it executes here: another run in its slot would be one more than the runner has.
    expect(slots.busy()).toBe(1);
    await unanswered.settle();
    expect(slots.busy()).toBe(0);
    expect(await readRun(stage.engine, runId)).toMatchObject({
      state: 'queued',
      preempts: 1,
      failures: 0,
      lost: 0,
    });
    await unanswered.settle();
    expect(await readRun(stage.engine, runId)).toMatchObject({ state: 'queued', preempts: 1 });
  });

  it('ends as cancelled if that was asked for meanwhile', async () => {
    const { unanswered, runId } = await claimUnanswered();
    await createRunRepository(stage.app).requestCancel(stage.tenant, {
      id: runId,
      userId: stage.tenant.userId,
    });
    await unanswered.settle();
    expect((await readRun(stage.engine, runId)).state).toBe('cancelled');
  });

  it('is left alone while another claim of the run is under way, which may be the one that was granted', async () => {
    const { intake, unanswered, executing, slots, sessionId } = await connected();
    const hint = await interactive();
    const release = slots.tryAcquire('interactive') as () => void;
    // The database is silent as it was: the claim that follows is granted, and its answer is late.
    unanswered.note({ ...hint, sessionId, release });
    proxy.loseAnswers();
    const taken = intake.take(hint).catch(() => undefined);
    await runIn(stage.engine, hint.runId, 'running');
    await unanswered.settle();
    expect(await readRun(stage.engine, hint.runId)).toMatchObject({ state: 'running', preempts: 0 });
    expect(slots.busy()).toBe(2);
    proxy.breakAll();
    await taken;
    expect(executing.size()).toBe(0);
    await unanswered.settle();
    expect(await readRun(stage.engine, hint.runId)).toMatchObject({ state: 'queued', preempts: 1 });
    expect(slots.busy()).toBe(0);
  });

  it('is nobody’s concern if it was not granted, or if another hint brought the run in', async () => {
    const { unanswered, executing, slots, runId } = await claimUnanswered();
    const { done } = executing.add(runId);
    await unanswered.settle();
    expect((await readRun(stage.engine, runId)).state).toBe('running');
    done();
    const other = await interactive();
    const release = slots.tryAcquire('interactive') as () => void;
    unanswered.note({ ...other, sessionId: await stage.session(), release });
    await unanswered.settle();
    expect(slots.busy()).toBe(0);
    expect((await readRun(stage.engine, other.runId)).state).toBe('dispatched');
  });
});
