import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { errorText } from '@loupe/common/errors';
import { createReleaseStack, type ReleaseStack } from '@loupe/common/lifecycle';
import { connections, type Figures, measure } from './api/load';
import { createSample, type Sample } from './api/sample';
import { type Server, startApi, startBare } from './api/servers';
import { type Outcome, tableOf } from './api/table';
import { prepareMetadataGround } from './dispatch/metadata-ground';
import { medians } from './runs/figures';

/** Seconds of load, a turn. */
const plans = { standard: { rounds: 5, seconds: 4 }, quick: { rounds: 2, seconds: 2 } };

const paths = { one: 'one dashboard', list: 'a list of 20' } as const;

/**
 * How many requests the API answers, beside a bare Express that checks the same token and session and sends the same bytes from
 * memory. They take turns, so that a change of the machine's mood meets all of them.
 */
async function main(stack: ReleaseStack): Promise<void> {
  const { values: given } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      profile: { type: 'string' },
      'cache-redis': { type: 'string' },
    },
  });
  const plan = plans[given.quick ? 'quick' : 'standard'];
  const profileFolder = given.profile === undefined ? undefined : resolve(given.profile);
  if (profileFolder !== undefined) mkdirSync(profileFolder, { recursive: true });
  process.stdout.write('Starting PostgreSQL, the API and the bare server …\n');
  const ground = await prepareMetadataGround(stack, 'benchmark-api');
  const parts = { ground, profileFolder, stack };
  const api = await startApi(parts, 'loupe', {});
  const uncached = await startApi(parts, 'loupe, no cache', { CACHE_ENABLED: 'false' });
  const shared = given['cache-redis'];
  const sample = await createSample(api.url);
  const bare = await startBare(parts, await keepAnswers(api, sample, ground.home.folder));
  const servers = [
    ...[bare, api, uncached],
    ...(shared === undefined ? [] : [await startApi(parts, 'loupe, Redis', { CACHE_REDIS_URL: shared })]),
  ];
  const rounds: Outcome[] = [];
  const turn = (seconds: number) => oneRound(servers, sample, { seconds, postgresPid: ground.pid });
  await turn(1);
  for (let round = 1; round <= plan.rounds; round += 1) {
    process.stdout.write(`Round ${round} of ${plan.rounds} …\n`);
    rounds.push(await turn(plan.seconds));
  }
  const outcome: Outcome = medians(rounds);
  const machine = { cores: availableParallelism(), node: process.version, connections };
  process.stdout.write(
    `\nMedians of ${plan.rounds} rounds; ${JSON.stringify(machine)}\n\n${tableOf(outcome)}`,
  );
  if (given.json !== undefined) {
    writeFileSync(given.json, `${JSON.stringify({ machine, outcome, rounds }, null, 2)}\n`);
  }
}

/** The bytes that the bare server sends; returns their folder. */
async function keepAnswers(api: Server, { token, paths: asked }: Sample, folder: string): Promise<string> {
  for (const [name, path] of Object.entries(asked)) {
    const answer = await fetch(api.url + path, { headers: { authorization: `Bearer ${token}` } });
    writeFileSync(join(folder, `${name}.json`), Buffer.from(await answer.arrayBuffer()));
  }
  return folder;
}

async function oneRound(
  servers: readonly Server[],
  { token, paths: asked }: Sample,
  conditions: { seconds: number; postgresPid: number },
): Promise<Outcome> {
  const outcome: Outcome = {};
  for (const name of ['one', 'list'] as const) {
    const figures: Record<string, Figures> = {};
    for (const server of servers) {
      figures[server.name] = await measure(server, { path: asked[name], token, ...conditions });
    }
    outcome[paths[name]] = figures;
  }
  return outcome;
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
