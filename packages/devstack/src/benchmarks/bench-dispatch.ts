import { writeFileSync } from 'node:fs';
import { createDispatcher } from '@loupe/common/commands';
import { errorText } from '@loupe/common/errors';
import { createReleaseStack } from '@loupe/common/lifecycle';
import { type MetadataGround, prepareMetadataGround } from './dispatch/metadata-ground';
import { fill, finishAdmitted, type QueuedRuns } from './dispatch/queued-runs';

/** Slots for which a tick's budget is its most, a hundred. */
const slots = 80;
const warmUpTicks = 8;
const measuredTicks = 40;

const situations: (QueuedRuns & { name: string })[] = [
  { name: '10,000 queued', orgs: 2_000, runs: 10_000 },
  { name: '100,000 queued', orgs: 2_000, runs: 100_000 },
  { name: '300,000 queued', orgs: 2_000, runs: 300_000 },
  { name: '100,000 queued, 90 % of one organization', orgs: 2_000, runs: 100_000, ofFirst: 0.9 },
];

interface Figures {
  name: string;
  /** Runs admitted by one tick, at least. */
  admitted: number;
  /** Milliseconds of one tick, commit included. */
  p50: number;
  p95: number;
  max: number;
}

/**
 * What one tick of the dispatcher takes that admits a hundred runs, by how many are queued. Its own PostgreSQL, fsync on; the
 * runs that a tick admitted end before the next one, which therefore settles a hundred charges as well.
 */
async function main(): Promise<void> {
  const stack = createReleaseStack();
  try {
    const ground = await prepareMetadataGround(stack);
    const figures: Figures[] = [];
    for (const situation of situations) figures.push(await measure(ground, situation));
    print(figures);
    const [path] = process.argv.slice(2);
    if (path !== undefined) writeFileSync(path, `${JSON.stringify(figures, null, 2)}\n`);
  } finally {
    await stack.releaseAll(30_000);
  }
}

async function measure(ground: MetadataGround, situation: (typeof situations)[number]): Promise<Figures> {
  await fill(ground, situation, slots);
  const engine = ground.open('loupe_engine');
  const times: number[] = [];
  const counts: number[] = [];
  const dispatcher = createDispatcher({
    db: engine,
    hints: undefined,
    limits: { global: 1_000, perOrg: 10, perDatasource: 10, perUser: undefined, interactiveShare: 0.25 },
    onTick: (seconds, admitted) => {
      times.push(seconds * 1_000);
      counts.push(admitted);
    },
  });
  for (let i = 0; i < warmUpTicks + measuredTicks; i += 1) {
    await dispatcher.tick();
    await finishAdmitted(ground);
  }
  await engine.close();
  const sorted = times.slice(warmUpTicks).sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? NaN;
  const admitted = Math.min(...counts.slice(warmUpTicks));
  return { name: situation.name, admitted, p50: at(0.5), p95: at(0.95), max: at(1) };
}

function print(figures: readonly Figures[]): void {
  const lines = figures.map(({ name, admitted, p50, p95, max }) =>
    [
      name.padEnd(44),
      String(admitted).padStart(8),
      ...[p50, p95, max].map((ms) => ms.toFixed(1).padStart(9)),
    ].join(''),
  );
  const head = ['2,000 organizations'.padEnd(44), 'admitted', '   p50 ms', '   p95 ms', '   max ms'].join('');
  process.stdout.write([head, ...lines, ''].join('\n'));
}

main().catch((error: unknown) => {
  process.stderr.write(`loupe: ${errorText(error)}\n`);
  process.exitCode = 1;
});
