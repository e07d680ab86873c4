import { openRunStage, type RunStage } from '../../testing';
import { expireResults } from './result-expiry';

let stage: RunStage;
beforeEach(async () => {
  stage = await openRunStage();
});
afterEach(() => stage.close());

/** The result of a run that ended so many seconds before its result's time is over; negative: after. */
async function result(secondsLeft: number): Promise<string> {
  const runId = await stage.inState('succeeded');
  await stage.database.asOwner(
    'UPDATE results SET expires_at = now() + make_interval(secs => $2) WHERE run_id = $1',
    [runId, secondsLeft],
  );
  return runId;
}

const state = async (runId: string): Promise<{ chunks: number; expired: boolean }> => {
  const [row] = await stage.database.asOwner<{ chunks: number; expired: boolean }>(
    `SELECT (SELECT count(*)::int FROM result_chunks WHERE run_id = $1) AS chunks, expired_at IS NOT NULL AS expired
     FROM results WHERE run_id = $1`,
    [runId],
  );
  if (row === undefined) throw new Error(`run ${runId} has no result`);
  return row;
};

it('takes the rows of what is too old, and keeps that they were there', async () => {
  const [old, young] = [await result(-1), await result(60)];
  expect(await expireResults(stage.engine, 10)).toBe(1);
  expect(await state(old)).toEqual({ chunks: 0, expired: true });
  expect(await state(young)).toEqual({ chunks: 1, expired: false });
  expect(await stage.row(old)).toMatchObject({ state: 'succeeded' });
  expect(await expireResults(stage.engine, 10)).toBe(0);
});

it('takes the oldest first, and no more than it may', async () => {
  const [second, first, third] = [await result(-20), await result(-30), await result(-10)];
  expect(await expireResults(stage.engine, 2)).toBe(2);
  const expired = await Promise.all([first, second, third].map(async (id) => (await state(id)).expired));
  expect(expired).toEqual([true, true, false]);
});

it('shares the work with other processes, and never waits for them', async () => {
  const ids = await Promise.all(Array.from({ length: 6 }, () => result(-5)));
  const counts = await Promise.all([1, 2, 3].map(() => expireResults(stage.engine, 6)));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(6);
  expect(await Promise.all(ids.map(async (id) => (await state(id)).chunks))).toEqual(Array(6).fill(0));
});
