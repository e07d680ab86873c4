import { newId } from '../../crypto';
import { openRunStage, type RunStage } from '../../testing';
import { createReapingRepository } from './reaping';
import { createRunnerSessionRepository, type RunnerSessionRepository } from './runner-sessions';

let stage: RunStage;
let sessions: RunnerSessionRepository;
beforeAll(async () => {
  stage = await openRunStage();
  sessions = createRunnerSessionRepository(stage.runner);
});
afterAll(() => stage.close());

async function row(id: string): Promise<{ draining: boolean; closed_at: Date | null; lease: number }> {
  const [found] = await stage.database.asOwner<{ draining: boolean; closed_at: Date | null; lease: number }>(
    'SELECT draining, closed_at, extract(epoch FROM expires_at - now())::float8 AS lease FROM runner_sessions WHERE id = $1',
    [id],
  );
  return found!;
}

describe('a heartbeat', () => {
  it('renews the lease from now on', async () => {
    const id = await stage.session({ leaseSeconds: 1 });
    expect(await sessions.heartbeat(id, 15)).toBe(true);
    const { lease } = await row(id);
    expect(lease).toBeGreaterThan(10);
    expect(lease).toBeLessThanOrEqual(15);
  });

  it('saves a lease that ran out but that nobody closed yet', async () => {
    const id = await stage.session({ leaseSeconds: -5 });
    expect(await sessions.heartbeat(id, 15)).toBe(true);
    await createReapingRepository(stage.engine).closeExpiredSessions();
    expect((await row(id)).closed_at).toBeNull();
  });

  it('tells a runner that its session was closed, and that it never was', async () => {
    const id = await stage.session();
    await sessions.close(id);
    expect(await sessions.heartbeat(id, 15)).toBe(false);
    expect(await sessions.heartbeat(newId(), 15)).toBe(false);
    expect((await row(id)).closed_at).not.toBeNull();
  });

  it('keeps a draining session draining', async () => {
    const id = await stage.session();
    await sessions.drain(id);
    expect(await sessions.heartbeat(id, 15)).toBe(true);
    expect(await row(id)).toMatchObject({ draining: true, closed_at: null });
  });
});

it('is closed once, and stays so', async () => {
  const id = await stage.session();
  await sessions.close(id);
  const { closed_at } = await row(id);
  await sessions.close(id);
  expect(await row(id)).toMatchObject({ draining: true, closed_at });
});
