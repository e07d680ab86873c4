import { newId } from '../crypto';
import type { Database } from '../db';
import type { ClaimedRun, RunFence, RunPool, RunState, WaitingRun } from '../models';
import { createRunRepository } from '../repositories';
import {
  createAdmissions,
  createClaimRepository,
  createEndingRepository,
  createRunnerSessionRepository,
  type Hint,
  type RunFailure,
} from '../repositories/engine';
import { createResultWriter } from '../results';
import { createRun, createTenant, type RunChoices, type Tenant } from './factories';
import { openTestDatabase, type TestDatabase } from './test-database';

/** A database of its own, and runs in it that the engine's own statements bring into any state. */
export interface RunStage {
  database: TestDatabase;
  app: Database;
  engine: Database;
  runner: Database;
  /** The tenant of runs that are given none. */
  tenant: Tenant;
  /** An open runner session; its id. */
  session(choices?: SessionChoices): Promise<string>;
  queued(choices?: StageChoices): Promise<Hint>;
  dispatched(choices?: StageChoices): Promise<Hint>;
  running(choices?: StageChoices): Promise<ClaimedRun>;
  /** What was admitted, claimed by a session. */
  claimed(hint: Hint, sessionId: string): Promise<ClaimedRun>;
  /** A run in `state`, by legal steps alone; its id. */
  inState(state: RunState, choices?: StageChoices): Promise<string>;
  /** The whole row. */
  row(runId: string): Promise<Record<string, unknown>>;
  /** Moves a run's clocks back, as if so many seconds had passed. */
  elapse(runId: string, seconds: number): Promise<void>;
  close(): Promise<void>;
}

export interface SessionChoices {
  pools?: readonly RunPool[];
  slots?: number;
  leaseSeconds?: number;
}

export interface StageChoices extends RunChoices {
  tenant?: Tenant;
  /** The session that claims it; by default the stage's own. */
  sessionId?: string;
}

export const someFailure: RunFailure = { errorClass: 'user', code: '42601', message: 'syntax error' };

export async function openRunStage(): Promise<RunStage> {
  const database = await openTestDatabase();
  const [app, engine, runner] = (['loupe_app', 'loupe_engine', 'loupe_runner'] as const).map((role) =>
    database.open(role),
  ) as [Database, Database, Database];
  const tenant = await createTenant(app);
  const session = (choices?: SessionChoices): Promise<string> => openSession(runner, choices);
  const ownSession = await session();

  const queued = async (choices: StageChoices = {}): Promise<Hint> => ({
    runId: (await createRun(app, choices.tenant ?? tenant, choices)).id,
    epoch: 0,
  });
  const dispatched = async (choices?: StageChoices): Promise<Hint> => admit(engine, await queued(choices));
  const running = async (choices: StageChoices = {}): Promise<ClaimedRun> =>
    claim(runner, await dispatched(choices), choices.sessionId ?? ownSession);

  async function inState(state: RunState, choices: StageChoices = {}): Promise<string> {
    if (state === 'queued') return (await queued(choices)).runId;
    if (state === 'dispatched') return (await dispatched(choices)).runId;
    const run = await running(choices);
    await (state === 'cancelled'
      ? cancelRunning({ app, runner }, { ...run, userId: (choices.tenant ?? tenant).userId })
      : endRunning(runner, run, state));
    return run.runId;
  }

  return {
    ...{ database, app, engine, runner, tenant, session, queued, dispatched, running, inState },
    claimed: (hint, sessionId) => claim(runner, hint, sessionId),
    row: async (runId) => {
      const [row] = await database.asOwner<Record<string, unknown>>('SELECT * FROM runs WHERE id = $1', [
        runId,
      ]);
      if (row === undefined) throw new Error(`there is no run ${runId}`);
      return row;
    },
    elapse: (runId, seconds) => elapse(database, runId, seconds),
    close: () => database.close(),
  };
}

async function openSession(runner: Database, choices: SessionChoices = {}): Promise<string> {
  const id = newId();
  await createRunnerSessionRepository(runner).open({
    id,
    runnerId: 'test',
    pools: choices.pools ?? ['interactive', 'scheduled'],
    slots: choices.slots ?? 8,
    leaseSeconds: choices.leaseSeconds ?? 600,
  });
  return id;
}

/** As much of a waiting run as an admission needs: its id. */
export const waitingRun = (runId: string): WaitingRun => ({
  runId,
  pool: 'interactive',
  orgId: '',
  datasourceId: '',
  userId: '',
  priority: 0,
  queuedAt: new Date(0),
  expectedCost: 0,
});

async function admit(engine: Database, { runId }: Hint): Promise<Hint> {
  const [hint] = await createAdmissions(engine).transaction((repository) =>
    repository.admit(
      new Map([['interactive', { admitted: [waitingRun(runId)], vtimes: new Map(), virtualTime: 0 }]]),
    ),
  );
  if (hint === undefined) throw new Error(`run ${runId} was not admitted`);
  return { runId, epoch: hint.epoch };
}

async function claim(runner: Database, hint: Hint, sessionId: string): Promise<ClaimedRun> {
  const claimed = await createClaimRepository(runner).claim(hint, sessionId);
  if (claimed === undefined) throw new Error(`run ${hint.runId} could not be claimed`);
  return claimed;
}

async function cancelRunning(
  { app, runner }: { app: Database; runner: Database },
  run: ClaimedRun & { userId: string },
): Promise<void> {
  await createRunRepository(app).requestCancel(run, { id: run.runId, userId: run.userId });
  await createEndingRepository(runner).cancelled(run);
}

type OwnersEnd = Exclude<RunState, 'queued' | 'dispatched' | 'cancelled'>;

async function endRunning(runner: Database, run: ClaimedRun, state: OwnersEnd): Promise<void> {
  const endings = createEndingRepository(runner);
  const ends: Record<OwnersEnd, () => Promise<boolean>> = {
    running: () => Promise.resolve(true),
    retry_wait: () =>
      endings.retried(run, { failure: someFailure, delayMs: 60_000, queueDeadlineSeconds: 600 }),
    succeeded: () => succeed(runner, run),
    failed: () => endings.failed(run, someFailure),
    timed_out: () => endings.timedOut(run, 'too long'),
    dead: () => endings.dead(run, someFailure),
  };
  if (!(await ends[state]())) throw new Error(`run ${run.runId} did not become ${state}`);
}

const clocks = [
  'queued_at', 'dispatched_at', 'started_at', 'deadline_at', 'run_at', 'queue_deadline_at', 'first_failure_at',
  'cancel_requested_at',
]; // prettier-ignore

async function elapse(database: TestDatabase, runId: string, seconds: number): Promise<void> {
  const back = clocks.map((column) => `${column} = ${column} - make_interval(secs => $2)`).join(', ');
  await database.asOwner('BEGIN');
  // The guard lets nobody move these times.
  await database.asOwner(`SET LOCAL session_replication_role = 'replica'`);
  await database.asOwner(`UPDATE runs SET ${back} WHERE id = $1`, [runId, seconds]);
  await database.asOwner('COMMIT');
}

/** Ends an attempt with a result of one row; false when it is not the owner's to end. */
export async function succeed(
  runner: Database,
  fence: RunFence & { orgId: string },
  rows: readonly string[] = ['[1]'],
): Promise<boolean> {
  const writer = createResultWriter(runner, { resultId: newId(), ...fence });
  writer.columns([{ name: 'n', dataType: 'INT4' }]);
  await writer.rows(rows);
  const result = await writer.finish({ truncated: false, executionTimeMs: 1 });
  return createEndingRepository(runner).succeeded(fence, { ...result, ttlDays: 7 });
}
