import type { Database } from '@loupe/common/db';
import { createRunnerSessionRepository } from '@loupe/common/repositories/engine';
import { createLogger } from '@loupe/common/observability';
import { openRunStage, type RunStage, startTcpProxy } from '@loupe/common/testing';
import { createRunnerSession, type RunnerSession } from './runner-session';

let stage: RunStage;
beforeAll(async () => {
  stage = await openRunStage();
});
afterAll(() => stage.close());

function session(db: Database = stage.runner): RunnerSession & { events: string[] } {
  const events: string[] = [];
  const made = createRunnerSession({
    sessions: createRunnerSessionRepository(db),
    runnerId: 'test',
    pools: ['interactive'],
    slots: 3,
    logger: createLogger({ service: 'runner', level: 'error', format: 'json' }),
    onLost: () => void events.push('lost'),
    onOpen: async () => void events.push('open'),
    onDrained: () => void events.push('drained'),
  });
  return { ...made, events };
}

const stored = (id: string | undefined) =>
  stage.engine.row({
    name: 'test.session',
    text: `SELECT slots, draining, closed_at IS NOT NULL AS closed, expires_at > now() + interval '10 s' AS fresh
           FROM runner_sessions WHERE id = $1`,
    values: [id],
  });

const change = (assignments: string, id: string | undefined) =>
  stage.database.asOwner(`UPDATE runner_sessions SET ${assignments} WHERE id = $1`, [id]);

describe('a runner’s session', () => {
  it('is opened by the first beat and renewed by the next', async () => {
    const { id, beat, events } = session();
    expect(id()).toBeUndefined();
    await beat();
    const first = id();
    await change("expires_at = now() - interval '1 s'", first);
    await beat();
    expect(id()).toBe(first);
    expect(await stored(first)).toEqual({ slots: 3, draining: false, closed: false, fresh: true });
    expect(events).toEqual(['open']);
  });

  it('takes no more once an operator has said so, and is not replaced', async () => {
    const { id, beat, events } = session();
    await beat();
    await change('draining = true', id());
    await beat();
    await beat();
    expect(events).toEqual(['open', 'drained']);
    await change('closed_at = now()', id());
    await beat();
    await beat();
    expect(id()).toBeUndefined();
    expect(events).toEqual(['open', 'drained', 'lost']);
  });

  it('is replaced when somebody closed it, and what it executed is given up first', async () => {
    const { id, beat, events } = session();
    await beat();
    const first = id();
    await change('closed_at = now()', first);
    await beat();
    expect(id()).not.toBe(first);
    expect(events).toEqual(['open', 'lost', 'open']);
  });

  it('is kept while the database is away', async () => {
    const proxy = await startTcpProxy(stage.database.url);
    const db = stage.database.open('loupe_runner', { url: proxy.lead(stage.database.url) });
    const { id, beat, events } = session(db);
    await beat();
    const first = id();
    proxy.loseAnswers();
    const refused = expect(beat()).rejects.toMatchObject({ kind: 'unavailable' });
    await new Promise(setImmediate);
    proxy.breakAll();
    await refused;
    expect(id()).toBe(first);
    await beat();
    expect(events).toEqual(['open']);
    await db.close();
    await proxy.close();
  });

  it('takes no more runs once it drains, and is not replaced then', async () => {
    const { id, beat, drain, close, events } = session();
    await beat();
    const first = id();
    await drain();
    expect(await stored(first)).toMatchObject({ draining: true, closed: false });
    await close();
    expect(await stored(first)).toMatchObject({ closed: true });
    await beat();
    expect(id()).toBeUndefined();
    expect(events).toEqual(['open']);
  });

  it('that was being opened when the wish to stop came drains from the start', async () => {
    const { id, beat, drain, events } = session();
    const opening = beat();
    await drain();
    await opening;
    expect(await stored(id())).toMatchObject({ draining: true });
    expect(events).toEqual([]);
  });
});
