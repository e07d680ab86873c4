import { randomBytes } from 'node:crypto';
import { section, type Section } from '../definition';
import { processName, wholeNumber } from '../values';

export interface ShutdownConfig {
  graceSeconds: number;
}

export interface SchedulerConfig {
  id: string;
  pollIntervalSeconds: number;
}

/** A process name nobody else has: `runner-1f0c9a4be2d7`. */
export const generateName = (kind: string): string => `${kind}-${randomBytes(6).toString('hex')}`;

/** How a process stops. */
export const shutdownSection: Section<ShutdownConfig> = section({
  variables: {
    SHUTDOWN_GRACE_SECONDS: wholeNumber(1, 3600)
      .default(30)
      .description('Time for running work to end after SIGTERM; what is left is aborted and runs again.'),
  },
  read: (values) => ({ graceSeconds: values.SHUTDOWN_GRACE_SECONDS }),
});

/** The scheduler's own. */
export const schedulerSection: Section<SchedulerConfig> = section({
  variables: {
    SCHEDULER_ID: processName().description('Name of this scheduler in logs.'),
    SCHEDULER_POLL_INTERVAL_SECONDS: wholeNumber(1, 3600)
      .default(10)
      .description(
        'Longest time until a schedule that was just made or changed is noticed; known ones fire when they are due.',
      ),
  },
  read: (values) => ({
    id: values.SCHEDULER_ID ?? generateName('scheduler'),
    pollIntervalSeconds: values.SCHEDULER_POLL_INTERVAL_SECONDS,
  }),
});
