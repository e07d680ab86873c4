import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { errorText } from '@loupe/common/errors';
import { createReleaseStack, type ReleaseStack } from '@loupe/common/lifecycle';
import { createBareMinimum } from './runs/bare-minimum';
import { type Load, loadFor, oneByOne } from './runs/closed-loop';
import { medians, type RoundFigures, type Spread, spreadsOf } from './runs/figures';
import { type Ground, prepareGround } from './runs/ground';
import { createRawQueue } from './runs/raw-queue';
import { dearestStatements, durabilityOf, readUsed, usedPerRun } from './runs/resources';
import { type Outcome, tableOf } from './runs/table';
import type { Variant } from './runs/variant';
import { createWholeLoupe } from './runs/whole-loupe';

interface Plan {
  rounds: number;
  /** Milliseconds of load, a round. */
  load: Record<Variant['name'], number>;
  /** Runs, one by one, a round. */
  alone: number;
}

const plans: Record<'standard' | 'quick', Plan> = {
  standard: { rounds: 5, load: { queue: 2_000, minimum: 6_000, loupe: 10_000 }, alone: 60 },
  quick: { rounds: 2, load: { queue: 1_000, minimum: 2_500, loupe: 4_000 }, alone: 40 },
};

/** Queries that execute at once, and clients that ask: twice as many, so that no slot waits for a client. */
const slots = 16;
const clients = 32;

/** Limits out of the way: it is not they that are measured. */
const settings = {
  MAX_CONCURRENT_QUERIES_PER_ORG: '1000',
  MAX_CONCURRENT_QUERIES_PER_DATASOURCE: '1000',
  MAX_CONCURRENT_QUERIES_GLOBAL: '1000',
};

/**
 * How fast runs come through, side by side: BullMQ alone, the least that keeps the same promise, and Loupe from POST to
 * result. The variants take turns in rounds, so that a change of the machine's mood meets all of them.
 */
async function main(stack: ReleaseStack): Promise<void> {
  const { values: given } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      profile: { type: 'string' },
    },
  });
  const plan = plans[given.quick ? 'quick' : 'standard'];
  const profileFolder = given.profile === undefined ? undefined : resolve(given.profile);
  if (profileFolder !== undefined) mkdirSync(profileFolder, { recursive: true });
  process.stdout.write('Starting PostgreSQL, Redis, an API, two runners and a scheduler …\n');
  const ground = await prepareGround({ slots, settings, profileFolder, stack });
  const variants = [
    await createRawQueue(ground),
    await createBareMinimum(ground),
    await createWholeLoupe(ground),
  ];
  for (const variant of variants) stack.defer(variant.name, () => variant.close());
  const rounds = await measureRounds(ground, variants, plan);
  const outcome: Outcome = medians(rounds);
  const machine = {
    cores: availableParallelism(),
    node: process.version,
    ...(await durabilityOf(ground.admin)),
  };
  process.stdout.write(
    `\nMedians of ${plan.rounds} rounds; ${JSON.stringify(machine)}\n\n${tableOf(outcome)}`,
  );
  if (given.json !== undefined) {
    const statements = await dearestStatements(ground.admin);
    writeFileSync(
      given.json,
      `${JSON.stringify({ machine, slots, clients, outcome, rounds, statements }, null, 2)}\n`,
    );
  }
}

async function measureRounds(ground: Ground, variants: readonly Variant[], plan: Plan): Promise<Outcome[]> {
  for (const variant of variants) await loadFor(variant, clients, plan.load[variant.name] / 4);
  await ground.admin.query('SELECT pg_stat_statements_reset()');
  const rounds: Outcome[] = [];
  for (let round = 1; round <= plan.rounds; round += 1) {
    process.stdout.write(`Round ${round} of ${plan.rounds} …\n`);
    const loaded: Partial<Record<Variant['name'], RoundFigures>> = {};
    const alone: Partial<Record<Variant['name'], Spread>> = {};
    for (const variant of variants) {
      loaded[variant.name] = await underLoad(ground, variant, plan.load[variant.name]);
      if (variant.name !== 'queue')
        alone[variant.name] = spreadsOf(await oneByOne(variant, plan.alone)).toFinal;
    }
    rounds.push({ loaded, alone } as Outcome);
  }
  return rounds;
}

async function underLoad(ground: Ground, variant: Variant, milliseconds: number): Promise<RoundFigures> {
  const before = await readUsed(ground);
  const load: Load = await loadFor(variant, clients, milliseconds);
  const after = await readUsed(ground);
  const { toStart, toResult } = spreadsOf(load);
  const runs = load.samples.length;
  return { runsPerSecond: runs / load.seconds, toStart, toResult, used: usedPerRun(before, after, runs) };
}

const stack = createReleaseStack();
main(stack)
  .catch((error: unknown) => {
    process.stderr.write(`The benchmark failed: ${errorText(error)}\n`);
    process.exitCode = 1;
  })
  .finally(async () => {
    await stack.releaseAll(60_000);
    process.exit();
  });
