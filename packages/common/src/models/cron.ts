import { Cron, CronPattern } from 'croner';
import { cronSyntaxProblem } from './cron-syntax';

/** When something happens again and again: a cron expression, read on the clocks of an IANA time zone. */
export interface CronTimes {
  cronExpression: string;
  timezone: string;
}

/**
 * `no-wildcard`: what is due at fixed times in the hour that a change of clocks leaves out happens right after it, and what
 * is due in the hour that comes twice happens once.
 */
const rules = { mode: '5-or-6-parts', fixedTimeRule: 'no-wildcard' } as const;

/**
 * What is wrong with an expression, in words that follow the field's name; undefined when nothing is. docs/schedules.md
 * describes the dialect.
 *
 * @param minIntervalSeconds times of a day may not lie closer together than this
 */
export function cronProblem(expression: string, minIntervalSeconds: number): string | undefined {
  const problem = cronSyntaxProblem(expression);
  if (problem !== undefined) return problem;
  const pattern = new CronPattern(expression.trim(), undefined, rules);
  if (neverMatches(pattern)) return 'never fires: none of its months has such a day';
  if (shortestGapSeconds(pattern) >= minIntervalSeconds) return undefined;
  return `fires more often than every ${minIntervalSeconds} s, the shortest interval that is allowed`;
}

const daysOfMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** A day of the week that is restricted, too, matches by itself, and every month has one. */
const neverMatches = ({ starDOW, month, day }: CronPattern): boolean =>
  starDOW && !indices(month).some((m) => indices(day).some((d) => d < (daysOfMonth[m] ?? 0)));

const DAY_SECONDS = 86_400;

/** Between two times of a day, or the last one and the first one of the next day. */
function shortestGapSeconds(pattern: CronPattern): number {
  const [hours, minutes, seconds] = [indices(pattern.hour), indices(pattern.minute), indices(pattern.second)];
  let first: number | undefined;
  let previous = 0;
  let shortest = DAY_SECONDS;
  for (const hour of hours) {
    for (const minute of minutes) {
      for (const second of seconds) {
        const time = (hour * 60 + minute) * 60 + second;
        if (first === undefined) first = time;
        else shortest = Math.min(shortest, time - previous);
        previous = time;
      }
    }
  }
  return Math.min(shortest, DAY_SECONDS + (first ?? 0) - previous);
}

/** The positions that are set. */
const indices = (bits: readonly number[]): number[] => bits.flatMap((bit, i) => (bit === 0 ? [] : [i]));

/** The first time strictly after an instant. Throws for an expression or a zone that nobody checked. */
export function nextTime({ cronExpression, timezone }: CronTimes, after: Date): Date | undefined {
  return new Cron(cronExpression.trim(), { ...rules, timezone }).nextRun(after) ?? undefined;
}

/** Whether this is the name of a time zone whose changes of clocks are known. Offsets such as +02:00 are none. */
export function isTimezone(name: string): boolean {
  if (/^[+-]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
