import { setTimeout as delay } from 'node:timers/promises';
import { startRun } from '@loupe/common/commands';
import type { Database } from '@loupe/common/db';
import { isFinal, type OperatorDeed, type Run } from '@loupe/common/models';
import { createRunRepository, type RunRepository } from '@loupe/common/repositories';
import { createInstallationRepository, operatorRepositories } from '@loupe/common/repositories/engine';
import type { OperateConfiguration } from '../config';
import { type Finding, ok, problem } from './finding';

/** Long enough for a first connection to a slow source. */
const patienceMs = 30_000;
const pollMs = 100;

export interface TrialRun {
  datasourceId: string;
  deed: OperatorDeed;
}

/** Lets the installation itself execute `SELECT 1` on a datasource, as its owner would: queue, admission, runner, result. */
export async function checkRun(
  engine: Database,
  { limits }: OperateConfiguration,
  { datasourceId, deed }: TrialRun,
): Promise<Finding[]> {
  const datasource = await createInstallationRepository(engine).datasource(datasourceId);
  if (datasource === undefined) {
    return [problem('run', `there is no datasource ${datasourceId}`, 'name one that exists')];
  }
  const runs = createRunRepository(engine);
  const actor = { orgId: datasource.orgId, userId: datasource.createdBy };
  const run = await startRun(
    // Nobody is told: a scheduler has to find it, and that is part of the trial.
    { runs, dispatcher: { dispatch: () => undefined } },
    {
      ...{ actor, origin: 'api', datasourceId, query: null, sql: 'SELECT 1', definitions: [], values: {} },
      ...{ timeoutSeconds: 20, maxRows: 1, maxQueuedPerOrg: limits.maxQueuedPerOrg },
      queueDeadlineSeconds: patienceMs / 1_000,
    },
  );
  const target = { datasource_id: datasourceId, run_id: run.id };
  await operatorRepositories(engine).actions.record(deed, { action: 'doctor.run', target });
  const began = performance.now();
  const ended = await untilFinal(runs, run);
  if (!isFinal(ended.state)) await runs.requestCancel(actor, { id: run.id, userId: actor.userId });
  return [findingOf(ended, Math.round(performance.now() - began))];
}

async function untilFinal(runs: RunRepository, run: Run): Promise<Run> {
  const giveUpAt = performance.now() + patienceMs;
  let current = run;
  while (!isFinal(current.state) && performance.now() < giveUpAt) {
    await delay(pollMs);
    current = (await runs.find(run, run.id)) ?? current;
  }
  return current;
}

function findingOf({ id, state, errorClass, errorMessage }: Run, ms: number): Finding {
  if (state === 'succeeded') return ok('run', `a run went through from queue to result in ${ms} ms`);
  if (!isFinal(state)) {
    const mend =
      state === 'queued'
        ? 'see that a scheduler and a runner are up, and that nothing is paused or at its limit'
        : 'look at the log of the runner';
    return problem('run', `run ${id} is still ${state} after ${ms} ms; it is cancelled now`, mend);
  }
  const mend = 'the engine works; see to the datasource: its host, its login, its load';
  return problem(
    'run',
    `run ${id} ended as ${state} (${errorClass ?? 'no class'}): ${errorMessage ?? ''}`,
    mend,
  );
}
