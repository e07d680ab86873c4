import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { errorText } from '@loupe/common/errors';
import { createReleaseStack, type ReleaseStack } from '@loupe/common/lifecycle';
import { measureAccepting } from './dispatch/accepting';
import { prepareMetadataGround } from './dispatch/metadata-ground';
import type { QueuedRuns } from './dispatch/queued-runs';
import { measureTicks, type TickFigures } from './dispatch/ticks';

const situations: (QueuedRuns & { name: string })[] = [
  { name: '1,000 queued', orgs: 1_000, runs: 1_000 },
  { name: '10,000 queued', orgs: 2_000, runs: 10_000 },
  { name: '100,000 queued', orgs: 2_000, runs: 100_000 },
  { name: '300,000 queued', orgs: 2_000, runs: 300_000 },
  { name: '100,000 queued, 90 % of one', orgs: 2_000, runs: 100_000, ofFirst: 0.9 },
  { name: '100,000 queued, 20 organizations', orgs: 20, runs: 100_000 },
];

/** Runs that an organization has queued when it asks for another. */
const queues = [10, 1_000, 9_000, 90_000];

type Figures = TickFigures & { name: string; orgs: number };

/**
 * What one tick of the dispatcher takes that admits a hundred runs, by how many are queued; and what it takes to accept one
 * run, by how many its organization has queued.
 */
async function main(stack: ReleaseStack): Promise<void> {
  const { values: given } = parseArgs({ options: { json: { type: 'string' } } });
  const ground = await prepareMetadataGround(stack, 'benchmark-dispatch');
  const figures: Figures[] = [];
  for (const situation of situations) {
    const { name, orgs } = situation;
    figures.push({ name, orgs, ...(await measureTicks(ground, situation)) });
  }
  const accepting: { queued: number; p50: number }[] = [];
  for (const queued of queues) accepting.push({ queued, p50: await measureAccepting(ground, queued) });
  print(figures);
  for (const { queued, p50 } of accepting)
    process.stdout.write(`a run accepted, ${queued.toLocaleString('en')} queued: p50 ${p50.toFixed(2)} ms\n`);
  if (given.json !== undefined) {
    writeFileSync(given.json, `${JSON.stringify({ ticks: figures, accepting }, null, 2)}\n`);
  }
}

const headings = ['orgs', 'admitted', 'p50 ms', 'p95 ms', 'max ms', 'CPU ms', 'PostgreSQL', 'dispatcher'];

function print(figures: readonly Figures[]): void {
  const line = (name: string, cells: readonly string[]): string =>
    [name.padEnd(34), ...cells.map((cell) => cell.padStart(11))].join('');
  const lines = figures.map(({ name, orgs, admitted, p50, p95, max, cpu }) => {
    const times = [p50, p95, max, cpu.postgres + cpu.dispatcher, cpu.postgres, cpu.dispatcher];
    return line(name, [String(orgs), String(admitted), ...times.map((ms) => ms.toFixed(1))]);
  });
  process.stdout.write([line('a tick', headings), ...lines, ''].join('\n'));
}

const stack = createReleaseStack();
main(stack)
  .catch((error: unknown) => {
    process.stderr.write(`The benchmark failed: ${errorText(error)}\n`);
    process.exitCode = 1;
  })
  .finally(() => stack.releaseAll(30_000));
