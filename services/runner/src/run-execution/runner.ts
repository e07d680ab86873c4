import type { Dispatcher } from '@loupe/common/commands';
import { repeat, type Repetition } from '@loupe/common/lifecycle';
import type { Logger } from '@loupe/common/observability';
import { type HintConsumer, openHintConsumer } from '@loupe/common/queues';
import type { RedisTarget } from '@loupe/common/redis';
import type {
  ClaimRepository,
  EndingRepository,
  Hint,
  RunnerSessionRepository,
} from '@loupe/common/repositories/engine';
import type { ClaimedRun, RunPool } from '@loupe/common/models';
import { createCancellation } from './cancellation';
import { createExecutingRuns } from './executing-runs';
import { createHintWatch, type HintWatch } from './hint-watch';
import { createIntake, type Intake } from './intake';
import { createRunnerSession, heartbeatMs } from './runner-session';
import type { Slots } from './slots';
import { createUnansweredClaims } from './unanswered-claims';

/** Admitted for this long without a claim: its hint is late or lost, and the poll takes it. */
const lateHintSeconds = 2;
/** How often the cancellation is asked whether a look is due. */
const readFlagsEveryMs = 100;
/** How often claims are looked at that the database did not answer. */
const settleClaimsEveryMs = 1_000;
/** How often the poll looks, with hints arriving and without. */
const pollEveryMs = { withHints: 1_000, withoutHints: 250 };

export interface RunnerOptions {
  runnerId: string;
  /** What it is set to serve; every runner serves `control` as well. */
  pools: readonly RunPool[];
  slots: Slots;
  redis: RedisTarget | undefined;
  sessions: RunnerSessionRepository;
  claims: ClaimRepository;
  endings: EndingRepository;
  queueDeadlineSeconds: { interactive: number; scheduled: number };
  dispatcher: Dispatcher;
  /** Executes one attempt and writes its end. Never rejects. */
  runJob: (run: ClaimedRun, signal: AbortSignal) => Promise<void>;
  logger: Logger;
}

export interface Runner {
  /** Opens the session and begins to take runs. */
  start(): void;
  /**
   * Takes no more runs, waits up to two thirds of the grace for those that execute, hands the rest back, and closes the
   * session.
   */
  stop(graceMs: number): Promise<void>;
  hasSession(): boolean;
  isDeaf(): boolean;
}

export function createRunner(options: RunnerOptions): Runner {
  const warn = warner(options.logger);
  const stopping = new AbortController();
  const loops = new AbortController();
  const watch = createHintWatch();
  let polling: Repetition | undefined;
  const { session, intake, executing, cancellation, unanswered } = createParts(options, {
    stopping: stopping.signal,
    // Without hints nothing else brings the next run in.
    onFree: () => polling?.trigger(),
    // Hints that it could not claim would only be late for the runners that can.
    onDrained: () => void takeNoMore('an operator drains the runner'),
  });
  let consumer: HintConsumer | undefined;
  const takeNoMore = (why: string): Promise<void> | undefined => {
    stopping.abort(new Error(why));
    return consumer?.pause();
  };
  const isHearing = (): boolean => consumer?.status() === 'ready';
  const poll = createPoll(isHearing, async (minAgeSeconds) => {
    if ((await intake.poll(minAgeSeconds)) > 0 && isHearing()) watch.missed();
  });
  const every = (everyMs: number, task: () => Promise<void>, failure: string) =>
    repeat(task, { everyMs, signal: loops.signal, onError: warn(failure) });

  return {
    start() {
      every(heartbeatMs, session.beat, 'Heartbeat failed');
      polling = every(pollEveryMs.withoutHints, poll, 'Poll failed');
      every(readFlagsEveryMs, cancellation.readFlags, 'Reading cancellations failed');
      every(settleClaimsEveryMs, unanswered.settle, 'Handing runs back failed');
      consumer = hearHints(options, { watch, intake });
    },
    async stop(graceMs) {
      const until = sharesOf(graceMs);
      const paused = takeNoMore('the runner stops');
      const drained = session.drain().catch(warn('Draining failed'));
      await until(1 / 12, Promise.all([drained, paused]));
      await until(8 / 12, executing.whenEmpty());
      executing.stopAll('preempted');
      await until(11 / 12, executing.whenEmpty());
      loops.abort();
      await until(1, Promise.all([session.close(), consumer?.close(), cancellation.close()]));
    },
    hasSession: () => session.id() !== undefined && !stopping.signal.aborted,
    isDeaf: watch.isDeaf,
  };
}

const warner = (logger: Logger) => (failure: string) => (error: unknown) => {
  logger.warn(failure, { error });
};

/** Undefined without Redis. */
function hearHints(
  options: RunnerOptions,
  { watch, intake }: { watch: HintWatch; intake: Intake },
): HintConsumer | undefined {
  if (options.redis === undefined) return undefined;
  const onHint = async (hint: Hint & { pool: RunPool }): Promise<void> => {
    watch.heard();
    await intake.take(hint);
  };
  return openHintConsumer({ ...options.redis, pools: poolsOf(options), onHint });
}

/** Connection tests and schemas are everybody's. */
const poolsOf = ({ pools }: RunnerOptions): RunPool[] => [...pools, 'control'];

function createParts(
  options: RunnerOptions,
  { stopping, onFree, onDrained }: { stopping: AbortSignal; onFree: () => void; onDrained: () => void },
) {
  const { dispatcher, claims, redis } = options;
  const executing = createExecutingRuns();
  const session = createRunnerSession({
    ...options,
    slots: options.slots.total,
    onDrained,
    onLost: () => {
      executing.stopAll('session_lost');
    },
    onOpen: async (sessionId) => {
      await cancellation.follow(sessionId);
      dispatcher.dispatch();
    },
  });
  const cancellation = createCancellation({ executing, claims, redis, sessionId: session.id });
  const unanswered = createUnansweredClaims({
    ...options,
    executing,
    isClaiming: (runId) => intake.isClaiming(runId),
  });
  const intake = createIntake({
    claims,
    onFree,
    onUnanswered: unanswered.note,
    slots: options.slots,
    pools: poolsOf(options),
    sessionId: session.id,
    stopping,
    async execute(run) {
      const { signal, done } = executing.add(run.runId);
      await options.runJob(run, signal).finally(done);
      dispatcher.madeRoom();
    },
  });
  return { executing, session, cancellation, intake, unanswered };
}

/** Polls for late hints while hints arrive, and for every admitted run, more often, while they do not. */
function createPoll(hearing: () => boolean, claim: (minAgeSeconds: number) => Promise<void>) {
  let lastAt = -Infinity;
  return async (): Promise<void> => {
    const now = performance.now();
    if (hearing() && now - lastAt < pollEveryMs.withHints) return;
    lastAt = now;
    await claim(hearing() ? lateHintSeconds : 0);
  };
}

/** Waits for a piece of work up to a share of the grace, counted from now: what hangs keeps nothing else from stopping. */
function sharesOf(graceMs: number): (share: number, work: Promise<unknown>) => Promise<void> {
  const began = performance.now();
  return async (share, work) => {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.max(0, graceMs * share - (performance.now() - began)));
    });
    await Promise.race([work, limit]).finally(() => clearTimeout(timer));
  };
}
