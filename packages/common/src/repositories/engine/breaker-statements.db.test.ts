import type { RunErrorClass } from '../../models';
import { openRunStage, type RunStage, succeed } from '../../testing';
import { createEndingRepository } from './endings';

let stage: RunStage;
beforeEach(async () => {
  stage = await openRunStage();
});
afterEach(() => stage.close());

async function fail(errorClass: RunErrorClass = 'connect'): Promise<void> {
  const failure = { errorClass, code: null, message: 'no' };
  const run = await stage.running();
  await createEndingRepository(stage.runner).retried(run, { failure, delayMs: 1, queueDeadlineSeconds: 9 });
}

const succeedOnce = async (): Promise<void> => void (await succeed(stage.runner, await stage.running()));

async function times<T>(count: number, work: () => Promise<T>): Promise<void> {
  for (let i = 0; i < count; i += 1) await work();
}

interface Breaker {
  /** Seconds for which it stays open; null when it is closed. */
  open: number | null;
  failures_in_row: number;
}

async function breaker(): Promise<Breaker | undefined> {
  const [row] = await stage.database.asOwner<Breaker>(
    `SELECT round(extract(epoch FROM open_until - now()))::float8 AS open, failures_in_row FROM breakers`,
  );
  return row;
}

/** As if so many seconds had passed. */
const wait = (seconds: number): Promise<object[]> =>
  stage.database.asOwner(
    `UPDATE breakers SET open_until = open_until - make_interval(secs => $1),
       window_started_at = window_started_at - make_interval(secs => $1)`,
    [seconds],
  );

it('opens at five failures in a row, for ten seconds', async () => {
  await times(4, () => fail());
  expect(await breaker()).toEqual({ open: null, failures_in_row: 4 });
  await fail();
  expect(await breaker()).toMatchObject({ open: 10 });
});

it('counts anew after a success', async () => {
  await times(4, () => fail());
  await succeedOnce();
  await times(4, () => fail());
  expect(await breaker()).toMatchObject({ open: null, failures_in_row: 4 });
});

it('changes nothing about an end that is written when it cannot be healed', async () => {
  await fail();
  await stage.database.asOwner('REVOKE UPDATE, DELETE ON breakers FROM loupe_runner');
  const run = await stage.running();
  expect(await succeed(stage.runner, run)).toBe(true);
  expect(await stage.row(run.runId)).toMatchObject({ state: 'succeeded' });
  expect(await breaker()).toMatchObject({ failures_in_row: 1 });
});

it('opens when half of at least twenty runs within a minute fail', async () => {
  await fail();
  for (let i = 0; i < 9; i += 1) {
    await succeedOnce();
    await fail();
  }
  expect(await breaker()).toMatchObject({ open: null });
  await succeedOnce();
  await fail();
  expect(await breaker()).toMatchObject({ open: 10 });
});

it('forgets what is older than a minute', async () => {
  await times(9, async () => {
    await fail();
    await succeedOnce();
  });
  await wait(61);
  await fail();
  await succeedOnce();
  await fail();
  expect(await breaker()).toMatchObject({ open: null, failures_in_row: 1 });
});

it('doubles its time with each failure of the run that tries again, up to five minutes', async () => {
  await times(5, () => fail());
  const opened = [];
  for (const seconds of [10, 20, 40, 80, 160, 300, 300]) {
    opened.push((await breaker())?.open);
    await wait(seconds + 1);
    await fail();
  }
  expect(opened).toEqual([10, 20, 40, 80, 160, 300, 300]);
});

it('closes when the run that tries again succeeds, and starts afresh', async () => {
  await times(5, () => fail());
  await wait(11);
  await succeedOnce();
  expect((await breaker())?.open ?? null).toBeNull();
  await times(4, () => fail());
  expect(await breaker()).toMatchObject({ open: null });
  await fail();
  expect(await breaker()).toMatchObject({ open: 10 });
});

it('is moved neither by failures nor by successes that began before it opened', async () => {
  const [late, other] = [await stage.running(), await stage.running()];
  await times(5, () => fail());
  const failure = { errorClass: 'connect', code: null, message: 'no' } as const;
  await createEndingRepository(stage.runner).failed(late, failure);
  expect(await breaker()).toMatchObject({ open: 10 });
  await succeed(stage.runner, other);
  expect(await breaker()).toMatchObject({ open: 10 });
});

it.each(['user', 'permission', 'configuration', 'timeout', 'conflict', 'unknown', 'runner_lost'] as const)(
  'is not opened by failures of the class %s',
  async (errorClass) => {
    await times(8, () => fail(errorClass));
    expect((await breaker())?.open ?? null).toBeNull();
  },
);

it.each(['connect', 'overload', 'lost_connection'] as const)(
  'is opened by those of %s',
  async (errorClass) => {
    await times(5, () => fail(errorClass));
    expect(await breaker()).toMatchObject({ open: 10 });
  },
);

it('closes at an error of the user: the source answered', async () => {
  await times(5, () => fail());
  await wait(11);
  await fail('user');
  expect((await breaker())?.open ?? null).toBeNull();
});
