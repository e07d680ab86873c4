import { aligned } from './columns';
import type { RoundFigures, Spread } from './figures';
import type { Variant } from './variant';

export interface Outcome {
  loaded: Record<Variant['name'], RoundFigures>;
  /** POST → final of one run at a time. */
  alone: Record<'minimum' | 'loupe', Spread>;
}

const titles: Record<Variant['name'], string> = {
  queue: '(a) BullMQ, no-op',
  minimum: '(b) bare minimum',
  loupe: '(c) Loupe, end to end',
};
const names = ['queue', 'minimum', 'loupe'] as const;

export function tableOf({ loaded, alone }: Outcome): string {
  const figures = names.map((name) => loaded[name]);
  const row = (label: string, read: (figures: RoundFigures) => string): string[] => [
    label,
    ...figures.map(read),
  ];
  const cpu = (processes: readonly string[]) => (of: RoundFigures) =>
    (processes.reduce((sum, name) => sum + (of.used.cpu[name] ?? 0), 0) * 1_000).toFixed(2);
  const everything = Object.keys(loaded.loupe.used.cpu);
  return [
    ...aligned([
      ['', ...names.map((name) => titles[name])],
      row('runs/s', ({ runsPerSecond }) => runsPerSecond.toFixed(0)),
      row('commit → start, ms, p50 / p95 / p99', ({ toStart }) => spread(toStart)),
      row('POST → result, ms, p50 / p95 / p99', ({ toResult }) => spread(toResult)),
      row('CPU ms a run: in all', cpu(everything)),
      row('  client (a, b: and worker)', cpu(['client'])),
      row('  API', cpu(['api'])),
      row('  runners', cpu(['runner1', 'runner2'])),
      row('  scheduler', cpu(['scheduler'])),
      row('  PostgreSQL (own and source)', cpu(['postgres'])),
      row('  Redis', cpu(['redis'])),
      row('statements a run: own database', ({ used }) => ownOf(used.statements)),
      row('statements a run: source', ({ used }) => (used.statements.source ?? 0).toFixed(1)),
      row('commits a run: own database', ({ used }) => ownOf(used.commits)),
      row('WAL, KiB a run', ({ used }) => (used.walBytes / 1_024).toFixed(1)),
    ]),
    '',
    ...aligned([
      ['One at a time, POST → final, ms', 'p50', 'p95', 'p99', 'p50 ÷ (b)'],
      ...(['minimum', 'loupe'] as const).map((name) => [
        titles[name],
        ...[alone[name].p50, alone[name].p95, alone[name].p99].map((value) => value.toFixed(1)),
        (alone[name].p50 / alone.minimum.p50).toFixed(2),
      ]),
    ]),
    '',
    `Throughput of (c) ÷ (b): ${((100 * loaded.loupe.runsPerSecond) / loaded.minimum.runsPerSecond).toFixed(0)} %`,
    '',
  ].join('\n');
}

const spread = ({ p50, p95, p99 }: Spread): string =>
  [p50, p95, p99].map((value) => value.toFixed(1)).join(' / ');

/** The databases of the other variants have none to speak of. */
const ownOf = (counts: Record<string, number>): string =>
  Math.max(counts.loupe ?? 0, counts.minimum ?? 0).toFixed(1);
