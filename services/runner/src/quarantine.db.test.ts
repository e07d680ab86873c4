import { readdirSync, readFileSync } from 'node:fs';
import { createRunRepository } from '@loupe/common/repositories';
import { eventually } from '@loupe/common/testing';
import { historyOf, runIn } from './testing/run-store';
import { heavyStatement, openRunnerBench, type RunnerBench, type StartedRunner } from './testing/test-runner';

// A whole runner in this process, without Redis; what it executes in quarantine lives in processes of their own.

let bench: RunnerBench;
let runner: StartedRunner;
beforeAll(async () => {
  bench = await openRunnerBench();
  runner = bench.start({
    RUNNER_QUARANTINE_MEMORY_MB: '32',
    MAX_RESULT_BYTES: String(1024 * 1024 * 1024),
    MAX_RESULT_CELL_BYTES: String(64 * 1024 * 1024),
  });
  await eventually('the session is open', () => runner.health.startup());
});
afterAll(() => bench.close());

/** One value of 60 MB, in a process whose values may take 32 MiB. */
const poison = `SELECT repeat('x', 60000000) AS poison`;

interface Child {
  pid: number;
  commandLine: string;
  environment: string;
}

/** Processes that this one has started to execute runs. */
function children(): Child[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const read = (file: string): string => readFileSync(`/proc/${name}/${file}`, 'utf8');
        if (/^PPid:\t(\d+)$/m.exec(read('status'))?.[1] !== String(process.pid)) return [];
        const commandLine = read('cmdline').replaceAll('\0', ' ');
        return commandLine.includes('quarantine/child')
          ? [{ pid: Number(name), commandLine, environment: read('environ') }]
          : [];
      } catch {
        // It ended meanwhile.
        return [];
      }
    });
}

const final = (id: string) =>
  runIn(bench.engine, id, 'succeeded', 'failed', 'cancelled', 'timed_out', 'dead');

it('executes a run in a process of its own, which is told its secrets in confidence and ends with it', async () => {
  const id = await bench.runInQuarantine({ statement: heavyStatement });
  await eventually('it executes', async () => (await bench.source.running()).length === 1);
  const [child, ...others] = children();
  expect(others).toEqual([]);
  const { password } = bench.source.settings;
  for (const text of [child?.commandLine, child?.environment]) {
    expect(text).not.toContain(password);
    expect(text).not.toMatch(/ENCRYPTION_KEY|DATABASE_URL/);
  }
  expect(child?.commandLine).toContain('--max-old-space-size=32');
  const { tenant } = bench;
  await createRunRepository(bench.app).requestCancel(tenant, { id, userId: tenant.userId });
  expect(await final(id)).toMatchObject({ state: 'cancelled' });
  expect(await bench.source.running()).toEqual([]);
  await eventually('the process is gone', () => children().length === 0);
});

it('says so when a process was killed before it could tell whether the source has stopped', async () => {
  const { tenant } = bench;
  const id = await bench.runInQuarantine({ statement: heavyStatement });
  await runIn(bench.engine, id, 'running');
  await eventually('it executes', async () => (await bench.source.running()).length === 1);
  for (const { pid } of children()) process.kill(pid, 'SIGSTOP');
  await createRunRepository(bench.app).requestCancel(tenant, { id, userId: tenant.userId });
  expect(await final(id)).toMatchObject({ state: 'cancelled', lost: 0 });
  await eventually('it is logged', () =>
    runner
      .log()
      .split('\n')
      .some((line) => line.includes(id) && line.includes('"stop_unconfirmed":true')),
  );
  await eventually('the source has noticed', async () => (await bench.source.running()).length === 0);
});

it('stores a result of any size, by the fenced way of every run', async () => {
  const id = await bench.runInQuarantine({
    statement: `SELECT n, repeat('x', 900) FROM generate_series(1, 5000) n`,
    boundValues: [],
  });
  expect(await final(id)).toMatchObject({ state: 'succeeded', row_count: 5_000 });
  expect(await historyOf(bench.engine, id)).toEqual(['queued', 'dispatched', 'running', 'succeeded']);
});

it('passes on the words of the source, and its own limits', async () => {
  expect(await final(await bench.runInQuarantine({ statement: 'SELECT nothing' }))).toMatchObject({
    state: 'failed',
    error_class: 'user',
    error_code: '42703',
    error_message: expect.stringContaining('nothing'),
  });
  expect(
    await final(await bench.runInQuarantine({ statement: heavyStatement, timeoutSeconds: 1 })),
  ).toMatchObject({ state: 'timed_out', error_message: 'The query ran longer than its limit of 1 s' });
  expect(await bench.source.running()).toEqual([]);
});

it('loses a process and no other run, and gives up a run that has cost three', async () => {
  const neighbour = await bench.runInQuarantine({ statement: heavyStatement });
  await runIn(bench.engine, neighbour, 'running');
  const id = await bench.runInQuarantine({ statement: poison });
  expect(await runIn(bench.engine, id, 'retry_wait')).toMatchObject({
    error_class: 'runner_lost',
    lost: 1,
    failures: 0,
  });
  for (const lost of [2, 3]) {
    await bench.engine.execute({
      name: 'test.retryNow',
      text: `UPDATE runs SET state = 'queued' WHERE id = $1 AND state = 'retry_wait'`,
      values: [id],
    });
    await bench.runInQuarantine();
    await eventually(`it lost ${lost}`, async () => {
      const { lost: now } = await runIn(
        bench.engine,
        id,
        'queued',
        'dispatched',
        'running',
        'retry_wait',
        'dead',
      );
      return now === lost;
    });
  }
  expect(await final(id)).toMatchObject({
    state: 'dead',
    attempt: 3,
    failures: 0,
    error_class: 'runner_lost',
  });
  expect(await runIn(bench.engine, neighbour, 'running')).toMatchObject({ attempt: 1, lost: 0 });
  expect(children()).toHaveLength(1);
});

it('takes its processes along when it stops', async () => {
  expect(await runner.stop()).toEqual({ failed: [], unreleased: [] });
  await eventually('no process is left', () => children().length === 0);
  expect(await bench.source.running()).toEqual([]);
});
