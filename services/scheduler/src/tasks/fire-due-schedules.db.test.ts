import { Writable } from 'node:stream';
import { createLogger } from '@loupe/common/observability';
import { createScheduleFireRepository, firingTransaction } from '@loupe/common/repositories/engine';
import { createTenant, eventually, openRunStage, type RunStage } from '@loupe/common/testing';
import { type ScheduleStage, scheduleStage } from '../testing/schedules';
import { fireDueSchedules, type FiringTools } from './fire-due-schedules';

let stage: RunStage;
let schedules: ScheduleStage;
beforeEach(async () => {
  stage = await openRunStage();
  schedules = scheduleStage(stage);
});
afterEach(() => stage.close());

/** One scheduler's part in it, on connections of its own. */
function scheduler(choices: Partial<FiringTools> = {}) {
  const engine = stage.database.open('loupe_engine');
  const lines: string[] = [];
  const fired: [string, number][] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  let calls = 0;
  const task = fireDueSchedules({
    transaction: firingTransaction(engine),
    fires: createScheduleFireRepository(engine),
    terms: { queueDeadlineSeconds: 3_600, maxQueuedPerOrg: 1_000 },
    pollIntervalSeconds: 0,
    onFired: () => (calls += 1),
    metrics: { fired: (outcome, lag) => void fired.push([outcome, lag]) },
    logger: createLogger({ service: 'scheduler', level: 'info', format: 'json', destination }),
    ...choices,
  });
  return { round: () => task.run(), log: () => lines.join(''), fired, dispatches: () => calls };
}

const asOwner = (sql: string, values?: unknown[]) => stage.database.asOwner(sql, values);

describe('a schedule whose time has come', () => {
  it('makes a run of its creator, of the query as it is now, and moves on', async () => {
    const queryId = await schedules.query({
      sql: 'SELECT $n::int8',
      parameters: [{ name: 'n', type: 'number', default: null, required: true }],
      timeoutSeconds: 7,
    });
    const id = await schedules.due({ queryId, parameters: { n: JSON.rawJSON('9007199254740993') } });
    const { round, fired, dispatches } = scheduler();
    await round();
    const [fire, ...others] = await schedules.firesOf(id);
    expect(others).toEqual([]);
    expect(fire).toMatchObject({ outcome: 'queued', state: 'queued' });
    expect(await stage.row(fire?.run_id ?? '')).toMatchObject({
      ...{ org_id: stage.tenant.orgId, created_by: stage.tenant.userId, query_id: queryId, schedule_id: id },
      ...{ origin: 'schedule', pool: 'scheduled', query_version: 1, timeout_seconds: 7, max_rows: 100 },
      ...{ statement: 'SELECT $1::int8', bound_values: ['9007199254740993'] },
    });
    expect(await schedules.row(id)).toMatchObject({ enabled: true, is_ahead: true, version: 1 });
    expect((await schedules.row(id)).last_run_at).toBeInstanceOf(Date);
    expect(fired).toEqual([['queued', expect.any(Number)]]);
    expect(fired[0]?.[1]).toBeGreaterThanOrEqual(1);
    expect(dispatches()).toBe(1);
    await round();
    expect(await schedules.firesOf(id)).toHaveLength(1);
  });

  it('makes one run for all the times that were missed', async () => {
    const id = await schedules.due({ cronExpression: '* * * * *', seconds: 3 * 86_400 });
    await scheduler().round();
    const fires = await schedules.firesOf(id);
    expect(fires).toHaveLength(1);
    expect(Date.now() - (fires[0]?.fire_at.getTime() ?? 0)).toBeGreaterThan(2 * 86_400_000);
    const next = (await schedules.row(id)).next_run_at?.getTime() ?? 0;
    expect(next - Date.now()).toBeLessThanOrEqual(60_000);
  });

  it('does not fire before that, or while it is disabled or deleted', async () => {
    const [early, disabled, deleted] = [
      await schedules.due(),
      await schedules.due(),
      await schedules.due(),
    ] as const;
    await asOwner(`UPDATE schedules SET next_run_at = now() + interval '1 h' WHERE id = $1`, [early]);
    await asOwner('UPDATE schedules SET next_run_at = NULL, enabled = false WHERE id = $1', [disabled]);
    await asOwner('UPDATE schedules SET deleted_at = now() WHERE id = $1', [deleted]);
    await scheduler().round();
    for (const id of [early, disabled, deleted]) expect(await schedules.firesOf(id)).toEqual([]);
  });

  it('fires the longest due first and leaves none behind, however many there are', async () => {
    const queryId = await schedules.query();
    for (let n = 0; n < 3; n += 1) await schedules.due({ queryId, seconds: 10 + n });
    await asOwner(
      `INSERT INTO schedules (id, org_id, query_id, name, cron_expression, timezone, enabled, next_run_at, created_by)
       SELECT gen_random_uuid(), org_id, query_id, name, cron_expression, timezone, true, now(), created_by
       FROM schedules, generate_series(1, 60)`,
    );
    const { round, fired } = scheduler();
    await round();
    expect(fired).toHaveLength(183);
    const rows = await stage.database.asOwner<{ n: number }>(
      `SELECT count(*)::int AS n FROM runs WHERE origin = 'schedule'`,
    );
    expect(rows[0]?.n).toBe(183);
  });
});

describe('a fire that cannot start its run', () => {
  it('leaves a failed run that says which parameter is wrong, and the schedule goes on', async () => {
    const queryId = await schedules.query({
      sql: 'SELECT $n::int',
      parameters: [{ name: 'n', type: 'number', default: null, required: true }],
    });
    const id = await schedules.due({ queryId, parameters: { n: '' } });
    const { round, dispatches } = scheduler();
    await round();
    expect(await schedules.firesOf(id)).toMatchObject([
      {
        ...{ outcome: 'invalid_parameters', state: 'failed', error_code: 'invalid_parameters' },
        error_message: expect.stringContaining('parameters.n is required'),
      },
    ]);
    expect(await schedules.row(id)).toMatchObject({ enabled: true, is_ahead: true });
    expect((await schedules.row(id)).last_run_at).toBeInstanceOf(Date);
    expect(dispatches()).toBe(0);
  });

  it('leaves a failed run when too many runs of the organization wait, and holds up no other organization', async () => {
    await stage.queued();
    const full = await schedules.due();
    const other = await schedules.due({ tenant: await createTenant(stage.app) });
    await scheduler({ terms: { queueDeadlineSeconds: 60, maxQueuedPerOrg: 1 } }).round();
    expect(await schedules.firesOf(full)).toMatchObject([
      { outcome: 'queue_full', state: 'failed', error_message: expect.stringContaining('were waiting') },
    ]);
    expect(await schedules.firesOf(other)).toMatchObject([{ outcome: 'queued', state: 'queued' }]);
    expect(await schedules.row(full)).toMatchObject({ enabled: true, is_ahead: true });
  });

  it('leaves a failed run of a version that is blocked', async () => {
    const queryId = await schedules.query();
    await asOwner('INSERT INTO blocked_query_versions (org_id, query_id, query_version) VALUES ($1, $2, 1)', [
      stage.tenant.orgId,
      queryId,
    ]);
    const id = await schedules.due({ queryId });
    await scheduler().round();
    expect(await schedules.firesOf(id)).toMatchObject([
      { outcome: 'query_blocked', state: 'failed', error_message: expect.stringContaining('blocked') },
    ]);
  });

  it.each(['queries', 'datasources'])(
    'makes none and is disabled when its %s were deleted',
    async (table) => {
      const id = await schedules.due();
      await asOwner(`UPDATE ${table} SET deleted_at = now() WHERE org_id = $1`, [stage.tenant.orgId]);
      await scheduler().round();
      expect(await schedules.firesOf(id)).toMatchObject([{ outcome: 'query_gone', run_id: null }]);
      expect(await schedules.row(id)).toMatchObject({ enabled: false, next_run_at: null, last_run_at: null });
    },
  );

  it('is written down and said aloud when something unforeseen happens, and the others fire', async () => {
    const id = await schedules.due({ name: 'broken', seconds: 5 });
    const other = await schedules.due();
    await asOwner(`ALTER TABLE runs ADD CHECK (schedule_id <> '${id}')`);
    const { round, log } = scheduler();
    await round();
    expect(await schedules.firesOf(id)).toMatchObject([{ outcome: 'error', run_id: null }]);
    expect(await schedules.row(id)).toMatchObject({ enabled: true, is_ahead: true, last_run_at: null });
    expect(await schedules.firesOf(other)).toMatchObject([{ outcome: 'queued' }]);
    expect(log()).toContain(`"schedule_id":"${id}"`);
    expect(log()).toContain('"level":"error"');
  });

  it('disables a schedule that has no next time, rather than firing it for ever', async () => {
    const id = await schedules.due();
    await asOwner(`UPDATE schedules SET timezone = 'Mars/Olympus' WHERE id = $1`, [id]);
    const { round, log } = scheduler();
    await round();
    expect(await schedules.firesOf(id)).toMatchObject([{ outcome: 'queued' }]);
    expect(await schedules.row(id)).toMatchObject({ enabled: false, next_run_at: null });
    expect(log()).toContain('has no next time');
  });

  it('makes no second run of a time that has fired, whatever set the schedule back to it', async () => {
    const id = await schedules.due();
    const { round, log } = scheduler();
    await round();
    const [fire] = await schedules.firesOf(id);
    await asOwner('UPDATE schedules SET next_run_at = $2 WHERE id = $1', [id, fire?.fire_at]);
    await round();
    expect(await schedules.firesOf(id)).toMatchObject([{ outcome: 'queued', run_id: fire?.run_id }]);
    expect(await schedules.row(id)).toMatchObject({ enabled: true, is_ahead: true });
    expect(await asOwner('SELECT id FROM runs WHERE schedule_id = $1', [id])).toHaveLength(1);
    expect(log()).toContain('could not fire');
  });
});

describe('several schedulers', () => {
  it('fire each time once: three at once, time after time', async () => {
    const queryId = await schedules.query();
    const ids = await Promise.all(Array.from({ length: 40 }, () => schedules.due({ queryId })));
    const replicas = [scheduler(), scheduler(), scheduler()];
    for (let n = 1; n <= 5; n += 1) {
      await Promise.all(replicas.map(({ round }) => round()));
      await eventually('every one has fired', async () => {
        await Promise.all(replicas.map(({ round }) => round()));
        const rows = await stage.database.asOwner<{ n: number }>(
          'SELECT count(*)::int AS n FROM schedule_fires',
        );
        return rows[0]?.n === ids.length * n;
      });
      // The next time has come, for all of them at once.
      await asOwner(`UPDATE schedules SET next_run_at = now() - make_interval(secs => $1)`, [1 / n]);
    }
    const runs = await stage.database.asOwner<{ runs: number; fires: number }>(
      `SELECT count(DISTINCT r.id)::int AS runs, count(DISTINCT f.run_id)::int AS fires
       FROM runs r LEFT JOIN schedule_fires f ON f.run_id = r.id WHERE r.origin = 'schedule'`,
    );
    expect(runs).toEqual([{ runs: 200, fires: 200 }]);
    const shares = replicas.map(({ fired }) => fired.length);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBe(200);
  });

  it('wait for nobody: what somebody holds is fired at the next look', async () => {
    const held = await schedules.due({ seconds: 5 });
    const free = await schedules.due();
    const { round } = scheduler();
    await stage.app.transaction(async (tx) => {
      await tx.execute({
        name: 'test.hold',
        text: `UPDATE queries SET name = 'held' WHERE id = (SELECT query_id FROM schedules WHERE id = $1)`,
        values: [held],
      });
      await round();
      expect(await schedules.firesOf(held)).toEqual([]);
      expect(await schedules.firesOf(free)).toHaveLength(1);
    });
    await round();
    expect(await schedules.firesOf(held)).toHaveLength(1);
  });
});

it('looks again when the interval is over, though it knew of nothing due', async () => {
  const id = await schedules.due();
  const { round } = scheduler({ pollIntervalSeconds: 0.3 });
  await asOwner(`UPDATE schedules SET next_run_at = now() + interval '1 day'`);
  await round();
  await asOwner(`UPDATE schedules SET next_run_at = now() - interval '1 s' WHERE id = $1`, [id]);
  await eventually('it has fired', async () => {
    await round();
    return (await schedules.firesOf(id)).length === 1;
  });
});

it('looks again when the next one is due, and not before', async () => {
  const id = await schedules.due();
  const { round } = scheduler({ pollIntervalSeconds: 3_600 });
  await round();
  await asOwner(`UPDATE schedules SET next_run_at = now() - interval '1 s'`);
  await round();
  expect(await schedules.firesOf(id)).toHaveLength(1);

  const soon = scheduler({ pollIntervalSeconds: 3_600 });
  await asOwner(`UPDATE schedules SET next_run_at = now() + interval '400 ms'`);
  await soon.round();
  expect(await schedules.firesOf(id)).toHaveLength(1);
  await eventually('it has fired', async () => {
    await soon.round();
    return (await schedules.firesOf(id)).length === 2;
  });
});
