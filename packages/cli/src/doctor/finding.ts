/** What one look at the installation found. */
export interface Finding {
  /** `database`, `redis` … */
  check: string;
  /** A warning works, and should be mended; a problem does not. */
  level: 'ok' | 'warning' | 'problem' | 'skipped';
  message: string;
  /** What to do about it. */
  mend?: string;
}

export const ok = (check: string, message: string): Finding => ({ check, level: 'ok', message });
export const warning = (check: string, message: string, mend: string): Finding => ({
  ...{ check, level: 'warning', message, mend },
});
export const problem = (check: string, message: string, mend: string): Finding => ({
  ...{ check, level: 'problem', message, mend },
});

/** Leases, tokens and logs bear this much. */
const tolerableMs = 2_000;
const unbearableMs = 30_000;

/** Loupe compares times of the database's clock alone, but tokens end by the API's, and people read logs. */
export function clockFinding(check: string, aheadMs: number, whose: string): Finding {
  const apart = Math.abs(aheadMs);
  const text = `the clock of ${whose} is ${(apart / 1_000).toFixed(apart < 10_000 ? 2 : 0)} s ${aheadMs < 0 ? 'behind' : 'ahead of'} this machine’s`;
  const mend = 'let NTP set the clocks of all machines';
  if (apart > unbearableMs) return problem(check, text, mend);
  return apart > tolerableMs ? warning(check, text, mend) : ok(check, text);
}
