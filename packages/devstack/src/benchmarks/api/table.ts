import { aligned } from '../runs/columns';
import type { Figures } from './load';

/** By path, then by server; the bare one is among them. */
export type Outcome = Record<string, Record<string, Figures>>;

export const tableOf = (outcome: Outcome): string =>
  Object.entries(outcome)
    .flatMap(([path, servers]) => [
      ...aligned([
        [path, 'requests/s', '÷ bare', 'p50 ms', 'p99 ms', 'CPU ms a request', '÷ bare', 'PostgreSQL CPU ms'],
        ...Object.entries(servers).map(([name, figures]) => [name, ...cellsOf(figures, servers.bare)]),
      ]),
      '',
    ])
    .join('\n');

function cellsOf(figures: Figures, bare: Figures | undefined): string[] {
  const { requestsPerSecond, p50, p99, cpu, postgresCpu } = figures;
  const percent = (value: number, of: number | undefined): string =>
    `${((100 * value) / (of ?? NaN)).toFixed(0)} %`;
  return [
    requestsPerSecond.toFixed(0),
    percent(requestsPerSecond, bare?.requestsPerSecond),
    p50.toFixed(1),
    p99.toFixed(1),
    cpu.toFixed(2),
    percent(cpu, bare?.cpu),
    postgresCpu.toFixed(2),
  ];
}
