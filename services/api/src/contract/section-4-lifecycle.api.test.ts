import { createEndingRepository, createReapingRepository } from '@loupe/common/repositories/engine';
import { type Ground, openGround } from '../testing/contract/ground';
import { createRun } from '../testing/resources';
import { claimRun, confirmStop, endRun } from '../testing/run-states';

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
});
afterAll(() => ground.close());

const start = () => createRun(ground.editor, ground.queryId);
const read = async (id: string) => (await ground.viewer.get(`/runs/${id}`).expect(200)).body;
const failure = {
  errorClass: 'user',
  code: '42703',
  message: 'column "n" does not exist (line 1, column 8)',
} as const;
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);

/** Runs that have ended, each by the steps of a runner. */
const ends: Record<string, () => Promise<string>> = {
  completed: async () => {
    const id = await start();
    await endRun(ground.api, await claimRun(ground.api, id), ['[1,1]']);
    return id;
  },
  failed: async () => {
    const id = await start();
    await createEndingRepository(ground.api.runner).failed(await claimRun(ground.api, id), failure);
    return id;
  },
  timeout: async () => {
    const id = await start();
    const fence = await claimRun(ground.api, id);
    await createEndingRepository(ground.api.runner).timedOut(
      fence,
      'The query ran longer than its limit of 30 s',
    );
    return id;
  },
  cancelled: async () => {
    const id = await start();
    await ground.editor.post(`/runs/${id}/cancel`).expect(200);
    return id;
  },
};

it('4.1/queued, then running', async () => {
  const id = await start();
  expect(await read(id)).toMatchObject({
    status: 'queued',
    created_at: time,
    started_at: null,
    completed_at: null,
  });
  await claimRun(ground.api, id);
  expect(await read(id)).toMatchObject({ status: 'running', started_at: time, completed_at: null });
});

describe('a list by status', () => {
  const made: Record<string, string> = {};
  beforeAll(async () => {
    made['queued'] = await start();
    made['running'] = await start();
    await claimRun(ground.api, made['running']);
    for (const [status, end] of Object.entries(ends)) made[status] = await end();
  });

  it.each([
    ['1.6/status › queued', 'queued'],
    ['1.6/status › running', 'running'],
    ['1.6/status › completed', 'completed'],
    ['1.6/status › failed', 'failed'],
    ['1.6/status › cancelled', 'cancelled'],
    ['1.6/status › timeout', 'timeout'],
  ])('%s', async (_row, status) => {
    const { body } = await ground.viewer.get(`/runs?status=${status}&limit=100`).expect(200);
    const found: string[] = body.data.map(({ id }: { id: string }) => id);
    const known = Object.keys(made).filter((name) => found.includes(made[name] ?? ''));
    expect(known).toEqual([status]);
  });
});

it.each([
  ['4.1/completed', 'completed', null],
  ['4.1/failed', 'failed', failure.message],
  ['4.1/timeout', 'timeout', expect.stringMatching(/./)],
  ['4.1/cancelled › from queued', 'cancelled', expect.stringMatching(/./)],
])('%s', async (_row, status, message) => {
  const id = await ends[status]?.();
  expect(await read(id ?? '')).toMatchObject({ status, completed_at: time, error_message: message });
});

it('4.1/cancelled › from running', async () => {
  const id = await start();
  const fence = await claimRun(ground.api, id);
  const answer = ground.editor.post(`/runs/${id}/cancel`).then(({ body }) => body);
  await confirmStop(ground.api, fence);
  await answer;
  expect(await read(id)).toMatchObject({ status: 'cancelled', started_at: time, completed_at: time });
});

it.each(Object.keys(ends))('4.1/a final status never changes › %s', async (status) => {
  const id = (await ends[status]?.()) ?? '';
  const before = await read(id);
  await ground.editor.post(`/runs/${id}/cancel`).expect(409);
  for (const state of ['queued', 'running', 'succeeded', 'failed'])
    await expect(
      ground.api.database.asOwner('UPDATE runs SET state = $2, epoch = epoch + 1 WHERE id = $1', [id, state]),
    ).rejects.toThrow();
  expect(await read(id)).toEqual(before);
});

it('4.1/a run that waits for its retry is queued', async () => {
  const id = await start();
  const again = {
    failure: { ...failure, errorClass: 'connect' as const },
    delayMs: 60_000,
    queueDeadlineSeconds: 600,
  };
  await createEndingRepository(ground.api.runner).retried(await claimRun(ground.api, id), again);
  expect(await read(id)).toMatchObject({
    status: 'queued',
    completed_at: null,
    waiting: { reason: 'retry' },
  });
});

it('4.1/started_at is the last begin', async () => {
  const id = await start();
  const fence = await claimRun(ground.api, id);
  const { started_at: first } = await read(id);
  await createEndingRepository(ground.api.runner).retried(fence, {
    ...{ failure: { ...failure, errorClass: 'connect' }, delayMs: 0, queueDeadlineSeconds: 600 },
  });
  await createReapingRepository(ground.api.engine).requeueRetries();
  await endRun(ground.api, await claimRun(ground.api, id), ['[1,1]']);
  const { started_at: second, completed_at: end, error_message: message } = await read(id);
  expect(Date.parse(second)).toBeGreaterThan(Date.parse(first));
  expect([Date.parse(end) >= Date.parse(second), message]).toEqual([true, null]);
});

it('4.2/the first poll comes right after POST', async () => {
  for (let n = 0; n < 10; n += 1) expect(await read(await start())).toMatchObject({ status: 'queued' });
});

it('4.2/on completed the result is there at once', async () => {
  const id = (await ends['completed']?.()) ?? '';
  expect(await read(id)).toMatchObject({ status: 'completed' });
  const { body } = await ground.viewer.get(`/runs/${id}/result`).expect(200);
  expect(body).toMatchObject({ rows: [[1, 1]], row_count: 1 });
});
