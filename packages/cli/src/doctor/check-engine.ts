import { createOperations, readDemand } from '@loupe/common/commands/operate';
import type { Database } from '@loupe/common/db';
import { fairPools, type RunnerSessionView } from '@loupe/common/models';
import { createInstallationRepository } from '@loupe/common/repositories/engine';
import type { OperateConfiguration } from '../config';
import { type Finding, ok, problem, warning } from './finding';

/** Whether somebody executes runs, and somebody keeps their clocks. */
export async function checkEngine(engine: Database, { limits }: OperateConfiguration): Promise<Finding[]> {
  const operations = createOperations(engine);
  const [sessions, pauses, demand] = [
    await operations.sessions(),
    await operations.pauses(),
    await readDemand(engine, limits.running),
  ];
  const waiting = new Set<string>(demand.filter(({ queued }) => queued > 0).map(({ pool }) => pool));
  return [
    ...runnerFindings(sessions, waiting),
    ...(await schedulerFindings(engine)),
    ...pauses.map(({ scope, key, pausedBy, reason }) =>
      warning(
        'pauses',
        `${scope} ${key} is paused by ${pausedBy}: ${reason}`,
        `loupe resume ${scope} ${key} --reason "…"`,
      ),
    ),
    ...demand
      .filter(({ dead }) => dead > 0)
      .map(({ pool, dead }) =>
        warning(
          'dead letters',
          `${dead} in the pool ${pool}`,
          'look at them with `loupe dead`, and replay what was not at fault',
        ),
      ),
  ];
}

function runnerFindings(sessions: readonly RunnerSessionView[], waiting: ReadonlySet<string>): Finding[] {
  const serving = sessions.filter(({ draining, expired }) => !draining && !expired);
  if (serving.length === 0) {
    const mend = 'start a runner, and see that its DATABASE_URL names this database';
    return [problem('runners', `no runner takes runs (${sessions.length} drain or are gone)`, mend)];
  }
  const slots = serving.reduce((sum, session) => sum + session.slots, 0);
  const unserved = fairPools.filter((pool) => !serving.some(({ pools }) => pools.includes(pool)));
  return [
    ok('runners', `${serving.length} with ${slots} slots`),
    ...unserved
      .filter((pool) => waiting.has(pool))
      .map((pool) =>
        problem(
          'runners',
          `runs wait in the pool ${pool}, and no runner serves it`,
          `add ${pool} to RUNNER_POOLS of one`,
        ),
      ),
  ];
}

/** A scheduler leaves no trace while all goes well; what it should have done long ago gives its absence away. */
async function schedulerFindings(engine: Database): Promise<Finding[]> {
  const work = await createInstallationRepository(engine).overdue();
  const overdue = [
    [work.retries, 'retries whose time has come'],
    [work.admissions, 'admitted runs that nobody claimed'],
    [work.sessions, 'sessions of runners that are gone'],
    [work.executions, 'runs past their deadline'],
    [work.schedules, 'schedules that are due'],
  ].flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
  if (overdue.length === 0) return [ok('scheduler', 'nothing is overdue')];
  return [
    problem(
      'scheduler',
      `nobody has seen to ${overdue.join(', ')}`,
      'start a scheduler, and look at its log',
    ),
  ];
}
