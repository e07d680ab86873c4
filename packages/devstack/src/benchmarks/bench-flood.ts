import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { errorText } from '@loupe/common/errors';
import { createReleaseStack, type ReleaseStack } from '@loupe/common/lifecycle';
import { Client } from 'pg';
import { arrivals } from './flood/arrivals';
import { createCustomer, type Customer } from './flood/customers';
import { floodWith, keepBusy, measureHalf, type Pair, type Scene } from './flood/halves';
import { createSlowSource, statementMs } from './flood/slow-source';
import { tableOf } from './flood/table';
import { medians } from './runs/figures';
import { type Ground, prepareGround } from './runs/ground';
import { dearestStatements, durabilityOf } from './runs/resources';

/** Two runners of eight. */
const slots = 16;
const limit = 8;
const otherCustomers = 20;
/** Runs a second for which all slots are busy. */
const capacity = slots / (statementMs / 1_000);
const offeredBy = { big: 2 * capacity, others: capacity / 8 };

const plans = {
  standard: { pairs: 3, offered: 33_000, warmUp: 3_000 },
  quick: { pairs: 1, offered: 12_000, warmUp: 2_000 },
};

/**
 * What one organization's flood does to the others: how long the runs of twenty small ones wait while a big one keeps its limit
 * busy, and while it offers twice what all slots can do.
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
  const settings = { MAX_CONCURRENT_QUERIES_PER_ORG: String(limit) };
  const ground = await prepareGround({ slots, settings, profileFolder, stack });
  const scene = await prepareScene(ground, plan, stack);
  const pairs: Pair[] = [];
  for (let pair = 1; pair <= plan.pairs; pair += 1) {
    process.stdout.write(`Pair ${pair} of ${plan.pairs} …\n`);
    await ground.admin.query('SELECT pg_stat_statements_reset()');
    pairs.push(await measurePair(scene));
  }
  const outcome = medians(pairs);
  const machine = {
    cores: availableParallelism(),
    node: process.version,
    ...(await durabilityOf(ground.admin)),
  };
  process.stdout.write(
    `\nMedians of ${plan.pairs} pairs; ${JSON.stringify(machine)}\n\n${tableOf(outcome, pairs)}`,
  );
  if (given.json !== undefined) {
    const setup = { slots, limit, statementMs, otherCustomers, offeredBy };
    const statements = await dearestStatements(ground.admin);
    writeFileSync(given.json, `${JSON.stringify({ machine, setup, outcome, pairs, statements }, null, 2)}\n`);
  }
}

async function prepareScene(
  ground: Ground,
  { offered, warmUp }: Pick<Scene, 'offered' | 'warmUp'>,
  stack: ReleaseStack,
): Promise<Scene> {
  await createSlowSource(ground.source.url);
  const metadata = new Client({ connectionString: ground.metadataUrl });
  await metadata.connect();
  stack.defer('metadata', () => metadata.end());
  const customer = async (name: string): Promise<Customer> => {
    const made = await createCustomer(ground, name);
    stack.defer(name, () => {
      made.close();
    });
    return made;
  };
  const big = await customer('big');
  const others: Customer[] = [];
  for (let i = 1; i <= otherCustomers; i += 1) others.push(await customer(`other${i}`));
  return { ground, metadata, big, others, offered, warmUp };
}

/** The others ask at the same moments in both halves. */
async function measurePair(scene: Scene): Promise<Pair> {
  const moments = arrivals(offeredBy.others, scene.offered);
  const turns = moments.map(() => Math.floor(Math.random() * otherCustomers));
  const quiet = await measureHalf(scene, keepBusy(limit), { moments, turns });
  const flood = await measureHalf(scene, floodWith(arrivals(offeredBy.big, scene.offered)), {
    moments,
    turns,
  });
  return { quiet, flood };
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
