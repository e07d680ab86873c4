import { Writable } from 'node:stream';
import { createLogger } from '@loupe/common/observability';
import { openHintConsumer, openHintProducer, type HintConsumerOptions } from '@loupe/common/queues';
import { createReapingRepository } from '@loupe/common/repositories/engine';
import { eventually, openRunStage, type RunStage, testRedis } from '@loupe/common/testing';
import { createContinuity } from './continuity';
import { type ReapingTools, reapRuns } from './reap-runs';

let stage: RunStage;
beforeEach(async () => {
  stage = await openRunStage();
});
afterEach(() => stage.close());

function reaper(choices: Partial<ReapingTools> = {}) {
  const clock = { now: 0 };
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  let ready = 0;
  const task = reapRuns({
    reaping: createReapingRepository(stage.engine),
    hints: undefined,
    continuity: createContinuity(() => clock.now),
    queueDeadlineSeconds: { interactive: 600, scheduled: 3_600 },
    onReady: () => (ready += 1),
    logger: createLogger({ service: 'scheduler', level: 'info', format: 'json', destination }),
    ...choices,
  });
  /** One round a second, as the scheduler does it. */
  async function rounds(count: number): Promise<void> {
    for (let round = 0; round < count; round += 1) {
      await task.run();
      clock.now += 1_000;
    }
  }
  return { rounds, clock, ready: () => ready, log: () => lines.join('') };
}

const change = (table: 'runs' | 'runner_sessions', assignments: string, id: string) =>
  stage.database.asOwner(`UPDATE ${table} SET ${assignments} WHERE id = $1`, [id]);

const stateOf = async (id: string): Promise<string | undefined> =>
  (await stage.database.asOwner<{ state: string }>('SELECT state FROM runs WHERE id = $1', [id]))[0]?.state;

describe('the reaper', () => {
  it('takes a run from a session whose lease ran out, but only once it has watched the database for 15 s', async () => {
    const sessionId = await stage.session();
    const { runId } = await stage.running({ sessionId });
    await change('runner_sessions', `expires_at = now() - interval '1 h'`, sessionId);
    const { rounds, log } = reaper();
    await rounds(15);
    expect(await stateOf(runId)).toBe('running');
    await rounds(1);
    expect(await stateOf(runId)).toBe('retry_wait');
    expect(log()).toContain('"sessions":1');
    expect(log()).toContain('"lost":1');
  });

  it('takes nothing from anybody right after the database was away', async () => {
    const sessionId = await stage.session();
    const { runId } = await stage.running({ sessionId });
    await change('runner_sessions', `expires_at = now() - interval '1 s'`, sessionId);
    const { rounds, clock } = reaper();
    await rounds(15);
    clock.now += 2_000;
    await rounds(15);
    expect(await stateOf(runId)).toBe('running');
  });

  it('says that runs are ready which it has put back into the queue', async () => {
    const runId = await stage.inState('retry_wait');
    const { rounds, ready, log } = reaper();
    await rounds(1);
    expect(ready()).toBe(0);
    await change('runs', 'run_at = now()', runId);
    await rounds(1);
    expect(await stateOf(runId)).toBe('queued');
    expect(ready()).toBe(1);
    await rounds(1);
    expect(ready()).toBe(1);
    // To try again is nothing to warn of.
    expect(log()).toBe('');
  });

  it('minds every other clock while one step fails', async () => {
    const retrying = await stage.inState('retry_wait');
    await change('runs', 'run_at = now()', retrying);
    await stage.database.asOwner(`
      CREATE FUNCTION refuse_retry() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF OLD.state = 'retry_wait' THEN RAISE EXCEPTION 'refused'; END IF; RETURN NEW; END $$`);
    await stage.database.asOwner(
      'CREATE TRIGGER refuse_retry BEFORE UPDATE ON runs FOR EACH ROW EXECUTE FUNCTION refuse_retry()',
    );
    const { runId: waiting } = await stage.queued();
    await change('runs', `queue_deadline_at = now() - interval '1 s'`, waiting);
    const { rounds, log } = reaper();
    await rounds(1);
    expect(await stateOf(waiting)).toBe('timed_out');
    expect(await stateOf(retrying)).toBe('retry_wait');
    expect(log()).toContain('"step":"retries"');
  });

  it('gives up a round when the database is away, and does not take that for an answer', async () => {
    const away = stage.database.open('loupe_engine', { url: 'postgres://loupe_test@127.0.0.1:1/nothing' });
    const { rounds, log } = reaper({ reaping: createReapingRepository(away) });
    await expect(rounds(1)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(log()).toBe('');
  });

  it('announces again what nobody has claimed for a while', async () => {
    const redis = testRedis();
    const hints = openHintProducer(redis);
    await eventually('Redis is there', () => hints.status() === 'ready');
    const { runId } = await stage.dispatched();
    await change('runs', `dispatched_at = now() - interval '4 s'`, runId);
    const { rounds } = reaper({ hints });
    await rounds(1);
    const heard: Parameters<HintConsumerOptions['onHint']>[0][] = [];
    const consumer = openHintConsumer({
      ...redis,
      pools: ['interactive'],
      onHint: async (hint) => void heard.push(hint),
    });
    await eventually('the hint has come', () => heard.length > 0);
    expect(heard).toEqual([{ runId, epoch: 1, pool: 'interactive' }]);
    await Promise.all([consumer.close(), hints.close()]);
  });
});
