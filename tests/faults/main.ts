import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startTestServers } from '@loupe/devstack';
import { type FaultStack, startFaultStack } from './fault-stack';
import { playAlone, playScenario, type PlayOptions, suiteStack } from './play-scenario';
import { failed, type Outcome, reportTable } from './report';
import type { Finding, Scale, Scenario } from './scenario';
import { scenarios } from './scenarios';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

interface Choices extends PlayOptions {
  chosen: readonly Scenario[];
}

function readChoices(): Choices {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      seed: { type: 'string' },
      full: { type: 'boolean', default: false },
      short: { type: 'boolean', default: false },
    },
  });
  const wanted = values.only?.split(',').map((id) => id.trim().toUpperCase());
  const known = scenarios.map(({ id }) => id);
  const unknown = wanted?.filter((id) => !known.includes(id)) ?? [];
  if (unknown.length > 0) throw new Error(`there is no ${unknown.join(', ')}; there are ${known.join(', ')}`);
  const seed = values.seed === undefined ? Math.floor(Math.random() * 1e6) : Number(values.seed);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new Error('--seed takes a whole number');
  const scale: Scale = values.full ? 'full' : values.short ? 'short' : 'scaled';
  return { seed, scale, chosen: scenarios.filter(({ id }) => wanted?.includes(id) ?? true) };
}

/** A Loupe that scenarios share as long as they leave it whole. */
function sharedStack() {
  let stack: FaultStack | undefined;
  return {
    get: async () => (stack ??= await startFaultStack(suiteStack)),
    async discard() {
      const spoilt = stack;
      stack = undefined;
      await spoilt?.close();
    },
  };
}

async function playOne(
  scenario: Scenario,
  options: PlayOptions,
  shared: ReturnType<typeof sharedStack>,
): Promise<Outcome> {
  const reason = await scenario.cannotRun?.();
  if (reason !== undefined) {
    return { scenario, verdict: 'not run', seconds: 0, seen: [{ text: `not run: ${reason}`, ok: false }] };
  }
  const began = performance.now();
  let seen: Finding[];
  try {
    seen =
      scenario.ownStack === undefined
        ? await playScenario(scenario, await shared.get(), options)
        : await playAlone(scenario, options);
  } catch (error) {
    seen = [{ text: `broke off: ${error instanceof Error ? error.message : String(error)}`, ok: false }];
  }
  const verdict = seen.every(({ ok }) => ok) ? 'passed' : 'FAILED';
  if (verdict === 'FAILED') await shared.discard();
  return { scenario, verdict, seconds: (performance.now() - began) / 1_000, seen };
}

async function main(): Promise<void> {
  const { chosen, ...options } = readChoices();
  say(`faults: seed ${options.seed}, ${options.scale} durations, ${chosen.length} scenarios`);
  const directory = await mkdtemp(join(tmpdir(), 'loupe-faults-'));
  const servers = await startTestServers({ directory });
  process.env.LOUPE_TEST_POSTGRES_URL = servers.postgresUrl;
  const shared = sharedStack();
  const outcomes: Outcome[] = [];
  try {
    for (const scenario of chosen) {
      const outcome = await playOne(scenario, options, shared);
      outcomes.push(outcome);
      say(
        `${scenario.id} ${outcome.verdict} (${outcome.seconds.toFixed(0)} s): ${outcome.seen.map(({ text }) => text).join('; ')}`,
      );
    }
  } finally {
    await shared.discard();
    await servers.stop();
    await rm(directory, { recursive: true, force: true });
  }
  say(`\n${reportTable(outcomes)}\n\nseed ${options.seed}, ${options.scale} durations`);
  process.exitCode = failed(outcomes) ? 1 : 0;
}

main().catch((error: unknown) => {
  process.stderr.write(`faults: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
