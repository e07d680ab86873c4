import type { Database } from '@loupe/common/db';
import { errorText, LoupeError } from '@loupe/common/errors';
import { type Command, deedOf, idOf, parse, usageError } from '../command';
import type { OperateConfiguration } from '../config';
import type { Output } from '../output';
import { checkGrants, checkMigrations, checkRoles, checkServer, openAs } from './check-database';
import { checkEngine } from './check-engine';
import { checkRedis } from './check-redis';
import { checkRun, type TrialRun } from './check-run';
import { checkSettings } from './check-settings';
import { type Finding, ok, problem } from './finding';

const usage = `loupe doctor                    is this installation in order, and if not, how is it mended?
loupe doctor --run <datasource id> --reason "…"           and let a run go through it`;

export const doctor: Command = {
  usage,
  async run(words, output) {
    const parsed = parse(words, { run: false, reason: false }, { usage });
    if (parsed.positionals.length > 0) throw usageError(usage);
    const datasource = parsed.option('run');
    const trial =
      datasource === undefined
        ? undefined
        : { datasourceId: idOf(datasource, 'The datasource'), deed: deedOf(parsed) };
    const print = printer(output, parsed.flag('json'));
    let isWell = true;
    for await (const findings of examine(trial)) {
      for (const finding of findings) print(finding);
      isWell &&= findings.every(({ level }) => level !== 'problem');
    }
    if (!parsed.flag('json')) output.line(isWell ? 'All is in order' : 'Something is wrong');
    return isWell;
  },
};

/** In the order in which one thing needs the other; what cannot be looked at any more is left out. */
async function* examine(trial: TrialRun | undefined): AsyncGenerator<Finding[]> {
  const { config, findings } = checkSettings();
  yield findings;
  if (config === undefined) return;
  const roles = await checkRoles(config);
  yield roles;
  yield await guarded('redis', () => checkRedis(config));
  if (roles.some(({ level }) => level === 'problem')) return;
  const engine = openAs('loupe_engine', config);
  try {
    yield* examineDatabase(engine, config, trial);
  } finally {
    await engine.close();
  }
}

async function* examineDatabase(
  engine: Database,
  config: OperateConfiguration,
  trial: TrialRun | undefined,
): AsyncGenerator<Finding[]> {
  yield await guarded('database', () => checkServer(engine));
  const { isCurrent, findings } = await checkMigrations(engine);
  yield findings;
  if (!isCurrent) return;
  yield await guarded('grants', () => checkGrants(engine));
  yield await guarded('engine', () => checkEngine(engine, config));
  if (trial === undefined) {
    yield [
      { check: 'run', level: 'skipped', message: 'name a datasource with --run to let a run go through' },
    ];
  } else {
    yield await guarded('run', () => checkRun(engine, config, trial));
  }
}

/** A check that fails is itself a finding. Only texts of our own are shown: others may hold what nobody should read. */
async function guarded(check: string, work: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    const findings = await work();
    return findings.length === 0 ? [ok(check, 'in order')] : findings;
  } catch (error) {
    const text = error instanceof LoupeError ? errorText(error) : 'it failed in an unexpected way';
    return [problem(check, `could not be examined: ${text}`, 'look at the log of the database')];
  }
}

function printer(output: Output, json: boolean): (finding: Finding) => void {
  return ({ check, level, message, mend }) => {
    if (json) {
      output.line(JSON.stringify({ check, level, message, mend: mend ?? null }));
      return;
    }
    output.line(`${level.toUpperCase().padEnd(8)} ${check}: ${message}`);
    if (mend !== undefined) output.line(`         ${mend}`);
  };
}
