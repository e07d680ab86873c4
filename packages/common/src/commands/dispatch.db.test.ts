import { once } from 'node:events';
import { createServer } from 'node:net';
import { openHintConsumer, openHintProducer } from '../queues';
import { createRunnerSessionRepository, type Hint } from '../repositories/engine';
import { createTenant, eventually, openRunStage, type RunStage, testLimits, testRedis } from '../testing';
import { createDispatcher, type Dispatcher, type DispatcherOptions } from './dispatch';

let stage: RunStage;
const opened: Dispatcher[] = [];
beforeEach(async () => {
  stage = await openRunStage();
  await stage.database.asOwner('UPDATE runner_sessions SET closed_at = now()');
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((dispatcher) => dispatcher.close()));
  await stage.close();
});

function dispatcherOf(options: Partial<DispatcherOptions> = {}): Dispatcher {
  const dispatcher = createDispatcher({
    ...{ db: stage.engine, hints: undefined, limits: testLimits() },
    ...options,
  });
  opened.push(dispatcher);
  return dispatcher;
}

const stateOf = async (runId: string): Promise<unknown> => (await stage.row(runId))['state'];
const isDispatched = (runId: string): Promise<unknown> =>
  eventually(`run ${runId} is admitted`, async () => (await stateOf(runId)) === 'dispatched');

describe('one tick', () => {
  it('waits only a moment for a process that froze while it held the mutex', async () => {
    await stage.session();
    await stage.queued();
    const held = Promise.withResolvers<undefined>();
    const gate = Promise.withResolvers<undefined>();
    const frozen = stage.engine.transaction(async (tx) => {
      await tx.rows({ name: 'test.mutex', text: 'SELECT FROM dispatch_mutex FOR UPDATE' });
      held.resolve(undefined);
      await gate.promise;
    });
    const ended = expect(frozen).rejects.toMatchObject({ kind: 'unavailable' });
    await held.promise;
    const dispatcher = dispatcherOf();
    expect(await dispatcher.tick()).toBeUndefined();
    await eventually('somebody else admits', async () => ((await dispatcher.tick()) ?? []).length === 1);
    gate.resolve(undefined);
    await ended;
  });

  it('admits nothing while no session serves the pool, and what waits once one does', async () => {
    const dispatcher = dispatcherOf();
    const { runId } = await stage.queued();
    const scheduled = await stage.queued({ origin: 'schedule' });
    expect(await dispatcher.tick()).toEqual([]);
    await stage.session({ pools: ['interactive'] });
    expect(await dispatcher.tick()).toEqual([{ runId, epoch: 1, pool: 'interactive' }]);
    expect(await stateOf(scheduled.runId)).toBe('queued');
  });

  it('counts neither draining nor closed nor expired sessions', async () => {
    const sessions = createRunnerSessionRepository(stage.runner);
    await sessions.drain(await stage.session());
    await sessions.close(await stage.session());
    await stage.session({ leaseSeconds: -1 });
    await stage.queued();
    expect(await dispatcherOf().tick()).toEqual([]);
  });

  it('admits a quarter more than there are slots, and four', async () => {
    await stage.session({ slots: 2 });
    for (let i = 0; i < 12; i += 1) await stage.queued();
    const dispatcher = dispatcherOf();
    expect(await dispatcher.tick()).toHaveLength(7);
    expect(await dispatcher.tick()).toEqual([]);
  });

  it('admits within the organization’s limit and the global one, over both pools', async () => {
    await stage.session({ slots: 20 });
    const other = await createTenant(stage.app);
    for (let i = 0; i < 4; i += 1) {
      await stage.queued({ origin: i % 2 === 0 ? 'api' : 'schedule' });
      await stage.queued({ tenant: other });
    }
    expect(await dispatcherOf({ limits: testLimits({ perOrg: 3 }) }).tick()).toHaveLength(6);
    expect(await dispatcherOf({ limits: testLimits({ perOrg: 10, global: 7 }) }).tick()).toHaveLength(1);
  });

  it('tells what it took, and how many it admitted', async () => {
    const ticks: [number, number][] = [];
    await stage.session();
    await stage.queued();
    const dispatcher = dispatcherOf({ onTick: (...tick) => ticks.push(tick) });
    await dispatcher.tick();
    await dispatcher.tick();
    expect(ticks).toEqual([
      [expect.any(Number), 1],
      [expect.any(Number), 0],
    ]);
    expect(ticks[0]![0]).toBeLessThan(5);
  });

  it('is left to the process that is at it', async () => {
    await stage.session();
    const { runId } = await stage.queued();
    await stage.engine.transaction(async (tx) => {
      await tx.rows({ name: 'test.mutex', text: 'SELECT FROM dispatch_mutex FOR UPDATE' });
      expect(await dispatcherOf().tick()).toBeUndefined();
    });
    expect(await stateOf(runId)).toBe('queued');
  });
});

describe('a call of dispatch()', () => {
  it('comes again after the process that was at it', async () => {
    await stage.session();
    const { runId } = await stage.queued();
    const dispatcher = dispatcherOf();
    await stage.engine.transaction(async (tx) => {
      await tx.rows({ name: 'test.mutex', text: 'SELECT FROM dispatch_mutex FOR UPDATE' });
      dispatcher.dispatch();
      expect(await dispatcher.tick()).toBeUndefined();
    });
    await isDispatched(runId);
  });

  it('is one with those that come while it waits: a hundred make two ticks', async () => {
    let ticks = 0;
    const dispatcher = dispatcherOf({ onTick: () => (ticks += 1) });
    for (let i = 0; i < 100; i += 1) dispatcher.dispatch();
    await eventually('the calls have been worked off', () => ticks > 0);
    await dispatcher.close();
    expect(ticks).toBeLessThanOrEqual(2);
  });

  it('begins a tick after it, in whatever moment of another’s end it comes', async () => {
    for (let microtasks = 0; microtasks < 12; microtasks += 1) {
      let ticks = 0;
      const dispatcher: Dispatcher = dispatcherOf({
        onTick: () => {
          ticks += 1;
          if (ticks > 1) return;
          let later = Promise.resolve();
          for (let i = 0; i < microtasks; i += 1) later = later.then(() => undefined);
          void later.then(() => dispatcher.dispatch());
        },
      });
      dispatcher.dispatch();
      await eventually(`the second tick, called ${microtasks} microtasks after the first`, () => ticks === 2);
    }
  });

  it('does nothing after close(), which waits for the tick that runs', async () => {
    await stage.session();
    let ticks = 0;
    const dispatcher = dispatcherOf({ onTick: () => (ticks += 1) });
    const first = await stage.queued();
    dispatcher.dispatch();
    await dispatcher.close();
    expect(ticks).toBe(1);
    expect(await stateOf(first.runId)).toBe('dispatched');
    const { runId } = await stage.queued();
    dispatcher.dispatch();
    await dispatcher.close();
    expect(await stateOf(runId)).toBe('queued');
  });

  it('reports a database that is away, and works when it is back', async () => {
    await stage.session();
    const errors: unknown[] = [];
    const dispatcher = dispatcherOf({ onError: (error) => errors.push(error) });
    const { runId } = await stage.queued();
    await stage.database.asOwner('BEGIN');
    await stage.database.asOwner('LOCK TABLE dispatch_mutex IN ACCESS EXCLUSIVE MODE');
    dispatcher.dispatch();
    await eventually('the tick’s connection is cut', async () => {
      await stage.database.asOwner('SELECT pg_stat_clear_snapshot()');
      const cut = await stage.database.asOwner(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return cut.length > 0;
    });
    await eventually('the error is reported', () => errors.length > 0);
    await stage.database.asOwner('ROLLBACK');
    expect(errors).toEqual([expect.objectContaining({ kind: 'unavailable' })]);
    dispatcher.dispatch();
    await isDispatched(runId);
  });
});

describe('a call of madeRoom()', () => {
  it('begins a tick where a run waits, and none where nothing does', async () => {
    await stage.session();
    let ticks = 0;
    const dispatcher = dispatcherOf({ onTick: () => (ticks += 1) });
    dispatcher.madeRoom();
    await dispatcher.close();
    expect(ticks).toBe(0);
    const { runId } = await stage.queued();
    dispatcherOf().madeRoom();
    await isDispatched(runId);
  });

  it('takes nothing from a call of dispatch() that waits already', async () => {
    let ticks = 0;
    const dispatcher = dispatcherOf({ onTick: () => (ticks += 1) });
    dispatcher.dispatch();
    dispatcher.madeRoom();
    await dispatcher.close();
    expect(ticks).toBe(1);
  });
});

describe('hints', () => {
  it('are pushed for what was admitted, with the epoch that claims', async () => {
    const redis = testRedis();
    const received: Hint[] = [];
    const consumer = openHintConsumer({
      ...redis,
      pools: ['interactive', 'scheduled'],
      onHint: async (hint) => void received.push(hint),
    });
    const hints = openHintProducer(redis);
    await eventually('both sides are connected', () => hints.status() === 'ready');
    await stage.session();
    const { runId } = await stage.queued();
    const scheduled = await stage.queued({ origin: 'schedule' });
    await dispatcherOf({ hints }).tick();
    await eventually('the hints arrive', () => received.length === 2);
    expect(received).toEqual(
      expect.arrayContaining([
        { runId, epoch: 1, pool: 'interactive' },
        { runId: scheduled.runId, epoch: 1, pool: 'scheduled' },
      ]),
    );
    await Promise.all([consumer.close(), hints.close()]);
  });

  it('that nobody takes do not hold up the admission', async () => {
    // Accepts connections and never answers.
    const silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    const hints = openHintProducer({ url: `redis://127.0.0.1:${port}/0`, namespace: 'silent' });
    await stage.session();
    const { runId } = await stage.queued();
    expect(await dispatcherOf({ hints }).tick()).toEqual([{ runId, epoch: 1, pool: 'interactive' }]);
    expect(await stateOf(runId)).toBe('dispatched');
    await hints.close();
    await new Promise((resolve) => silent.close(resolve));
  });
});
