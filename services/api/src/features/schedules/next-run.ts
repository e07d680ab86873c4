import { invalid } from '@loupe/common/errors';
import {
  cronProblem,
  type CronTimes,
  nextTime,
  type Schedule,
  type ScheduleContent,
} from '@loupe/common/models';
import type { ScheduleRepository } from '@loupe/common/repositories';
import { refuseProblems } from '../../http/field-rules';

/** Refuses an expression that is not of the dialect, never fires, or fires more often than it may. */
export function checkExpression(expression: string, minIntervalSeconds: number): void {
  const words = cronProblem(expression, minIntervalSeconds);
  if (words !== undefined) refuseProblems({ cron_expression: words });
}

/**
 * When a schedule with this content fires next. It stays what it was unless what it depends on has changed: a new name or
 * other parameters move nothing.
 */
export async function nextRunAt(
  schedules: Pick<ScheduleRepository, 'clock'>,
  content: ScheduleContent,
  before?: Schedule,
): Promise<Date | null> {
  if (!content.enabled) return null;
  const unmoved = before !== undefined && sameTimes(before, content) ? before.nextRunAt : null;
  if (unmoved !== null) return unmoved;
  const next = nextTime(content, await schedules.clock());
  if (next === undefined) throw invalid('cron_expression never fires again');
  return next;
}

const sameTimes = (a: CronTimes, b: CronTimes): boolean =>
  a.cronExpression === b.cronExpression && a.timezone === b.timezone;
