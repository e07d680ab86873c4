import type { Finding, Scenario } from './scenario';

export type Verdict = 'passed' | 'FAILED' | 'not run';

/** How one scenario went. */
export interface Outcome {
  scenario: Scenario;
  verdict: Verdict;
  seconds: number;
  /** Findings, or the reason why it could not be played or broke off. */
  seen: Finding[];
}

const columns = ['scenario', 'expect', 'seen', 'verdict', 'seconds'] as const;

/** A Markdown table, one row per scenario. */
export function reportTable(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ scenario, verdict, seconds, seen }) => [
    `${scenario.id} ${scenario.injects}${scenario.scale === undefined ? '' : ` (scaled: ${scenario.scale})`}`,
    scenario.expects,
    seen.map(({ text, ok }) => (ok || verdict === 'not run' ? text : `✗ ${text}`)).join('; '),
    verdict,
    verdict === 'not run' ? '' : seconds.toFixed(0),
  ]);
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '/')).join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}

export const failed = (outcomes: readonly Outcome[]): boolean =>
  outcomes.some(({ verdict }) => verdict === 'FAILED');
