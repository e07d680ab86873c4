import { aligned } from '../runs/columns';
import { median, type Spread } from '../runs/figures';
import type { HalfFigures, Pair } from './halves';

/** How much longer the others waited in the flood: the median over the pairs. */
const ratioOf = (pairs: readonly Pair[], of: keyof Spread): number =>
  median(pairs.map(({ quiet, flood }) => flood.others.toStart[of] / quiet.others.toStart[of]));

export function tableOf({ quiet, flood }: Pair, pairs: readonly Pair[]): string {
  const row = (label: string, read: (half: HalfFigures) => string): string[] => [
    label,
    read(quiet),
    read(flood),
  ];
  const cores = (half: HalfFigures, names: readonly string[]): string =>
    names.reduce((sum, name) => sum + (half.cores[name] ?? 0), 0).toFixed(2);
  return [
    ...aligned([
      ['', 'quiet', 'flood'],
      row('others: runs', ({ others }) => others.runs.toFixed(0)),
      row('others: wait, ms, p50 / p95 / p99', ({ others }) => spread(others.toStart)),
      row('  until admitted', ({ others }) => spread(others.toAdmission)),
      row('  until claimed', ({ others }) => spread(others.toClaim)),
      row('big: runs that began', ({ big }) => big.runs.toFixed(0)),
      row('big: wait, ms, p50 / p95 / p99', ({ big }) => spread(big.toStart)),
      row('big: live at the end', ({ backlog }) => backlog.toFixed(0)),
      row('in a slot, ms, p50 / p95 / p99', ({ others }) => spread(others.executing)),
      row('cores busy: in all', (half) => cores(half, Object.keys(half.cores))),
      row('  client', (half) => cores(half, ['client'])),
      row('  API', (half) => cores(half, ['api'])),
      row('  runners', (half) => cores(half, ['runner1', 'runner2'])),
      row('  scheduler', (half) => cores(half, ['scheduler'])),
      row('  PostgreSQL (own and source)', (half) => cores(half, ['postgres'])),
      row('  Redis', (half) => cores(half, ['redis'])),
    ]),
    '',
    `Others' wait, flood ÷ quiet: p50 ${ratioOf(pairs, 'p50').toFixed(2)}, p95 ${ratioOf(pairs, 'p95').toFixed(2)}` +
      ` (pairs: ${pairs.map((pair) => ratioOf([pair], 'p95').toFixed(2)).join(', ')})`,
    '',
  ].join('\n');
}

const spread = ({ p50, p95, p99 }: Spread): string =>
  [p50, p95, p99].map((value) => value.toFixed(1)).join(' / ');
