import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { nextTime } from '@loupe/common/models';
import { eventually, openRunStage, type RunStage } from '@loupe/common/testing';
import { type ScheduleStage, scheduleStage } from './testing/schedules';

/** The build, because that is what processes run. */
const entry = resolve(__dirname, '../dist/main.js');
const eachSecond = { cronExpression: '* * * * * *', timezone: 'UTC' };

let stage: RunStage;
let schedules: ScheduleStage;
let processes: Map<string, ChildProcess>;
beforeEach(async () => {
  stage = await openRunStage();
  schedules = scheduleStage(stage);
  processes = new Map();
});
afterEach(async () => {
  for (const child of processes.values()) child.kill('SIGKILL');
  await stage.close();
});

function start(id: string): void {
  const env = {
    ...{ PATH: process.env.PATH, DATABASE_URL: stage.database.url, DB_SSL_MODE: 'disable' },
    ...{ SCHEDULER_ID: id, SCHEDULER_POLL_INTERVAL_SECONDS: '1', METRICS_PORT: '0', LOG_LEVEL: 'warn' },
  };
  processes.set(id, spawn(process.execPath, [entry], { env, stdio: 'ignore' }));
}

async function kill(id: string): Promise<void> {
  const child = processes.get(id);
  if (child === undefined) throw new Error(`${id} was never started`);
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** The one that has fired some of what is due in a transaction that it has not committed. */
const whoIsFiring = () =>
  eventually('one is firing', async () => {
    const [found] = await stage.database.asOwner<{ id: string }>(
      `SELECT split_part(application_name, ' ', 2) AS id FROM pg_stat_activity
       WHERE datname = current_database() AND application_name IN ('loupe-scheduler a', 'loupe-scheduler b')
         AND state <> 'idle' AND query LIKE '%schedule_fires%'`,
    );
    return found?.id;
  });

interface FireRow {
  schedule_id: string;
  fire_at: Date;
  fired_at: Date;
  run_id: string | null;
}

const allFires = () =>
  stage.database.asOwner<FireRow>(
    'SELECT schedule_id, fire_at, fired_at, run_id FROM schedule_fires ORDER BY schedule_id, fire_at',
  );

it('fires each time once, by whichever scheduler, while the one that fires is killed in the middle of it, again and again', async () => {
  const queryId = await schedules.query();
  for (let n = 0; n < 10; n += 1) await schedules.due({ queryId, ...eachSecond });
  // Long enough to be caught in the middle.
  await stage.database.asOwner(`
    CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      PERFORM pg_sleep(0.02); RETURN NEW; END $$`);
  await stage.database.asOwner(
    'CREATE TRIGGER linger BEFORE INSERT ON schedule_fires FOR EACH ROW EXECUTE FUNCTION linger()',
  );
  start('a');
  start('b');
  for (let n = 0; n < 6; n += 1) {
    const victim = await whoIsFiring();
    await kill(victim);
    start(victim);
  }
  const before = (await allFires()).length;
  await eventually('both have gone on', async () => (await allFires()).length > before + 20);
  await Promise.all([kill('a'), kill('b')]);

  const fires = await allFires();
  for (const [id, chain] of Map.groupBy(fires, ({ schedule_id }) => schedule_id)) {
    // Each fire stands for the times up to its own; the next one is the first time after that: no gap, nothing twice.
    const due = chain.map(({ fired_at }) => nextTime(eachSecond, fired_at));
    const { next_run_at } = await schedules.row(id);
    expect([...chain.slice(1).map(({ fire_at }) => fire_at), next_run_at]).toEqual(due);
  }
  const runs = await stage.database.asOwner<{ id: string }>(`SELECT id FROM runs WHERE origin = 'schedule'`);
  expect(runs.map(({ id }) => id).sort()).toEqual(fires.map(({ run_id }) => run_id).sort());
});
