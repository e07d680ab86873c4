import Joi from 'joi';
import { section, type Section } from '../definition';
import { wholeNumber } from '../values';

export interface LimitsConfig {
  /** Runs executing at once. */
  running: {
    perOrg: number;
    perDatasource: number;
    /** Undefined: no limit of its own. */
    perUser: number | undefined;
    global: number;
    /** 0–1: part of a limit, and of a runner's slots, that scheduled work never takes. */
    interactiveShare: number;
  };
  /** Runs of one organization that may wait; the next one is refused. */
  maxQueuedPerOrg: number;
  /** How long a run may wait before it is given up. */
  queueDeadlineSeconds: { interactive: number; scheduled: number };
  resultTtlDays: number;
}

const DAY_SECONDS = 86_400;

/** How much may run, wait and stay. */
export const limitsSection: Section<LimitsConfig> = section({
  variables: {
    MAX_CONCURRENT_QUERIES_PER_ORG: wholeNumber(1, 100_000)
      .default(10)
      .description('Runs of one organization that execute at once.'),
    MAX_CONCURRENT_QUERIES_PER_DATASOURCE: wholeNumber(1, 100_000)
      .default(10)
      .description('Runs on one datasource that execute at once.'),
    MAX_CONCURRENT_QUERIES_PER_USER: wholeNumber(1, 100_000)
      .meta({ default: 'none' })
      .description('Runs of one user that execute at once.'),
    INTERACTIVE_RESERVED_SHARE: Joi.number()
      .min(0)
      .max(1)
      .default(0.25)
      .description('Part of each limit, and of a runner’s slots, that scheduled work never takes.'),
    MAX_QUEUED_RUNS_PER_ORG: wholeNumber(1, 10_000_000)
      .default(10_000)
      .description('Runs of one organization that may wait; the next one is refused with 429.'),
    MAX_CONCURRENT_QUERIES_GLOBAL: wholeNumber(1, 1_000_000)
      .default(100)
      .description('Runs of all organizations that execute at once.'),
    QUEUE_DEADLINE_SECONDS_INTERACTIVE: wholeNumber(1, 7 * DAY_SECONDS)
      .default(600)
      .description('Longest wait of a run that a person started; then it ends as timed out.'),
    QUEUE_DEADLINE_SECONDS_SCHEDULED: wholeNumber(1, 7 * DAY_SECONDS)
      .default(3600)
      .description('Longest wait of a scheduled run; then it ends as timed out.'),
    RESULT_TTL_DAYS: wholeNumber(1, 3650).default(7).description('Days a result is kept.'),
  },
  read: (values) => ({
    running: {
      perOrg: values.MAX_CONCURRENT_QUERIES_PER_ORG,
      perDatasource: values.MAX_CONCURRENT_QUERIES_PER_DATASOURCE,
      perUser: values.MAX_CONCURRENT_QUERIES_PER_USER,
      global: values.MAX_CONCURRENT_QUERIES_GLOBAL,
      interactiveShare: values.INTERACTIVE_RESERVED_SHARE,
    },
    maxQueuedPerOrg: values.MAX_QUEUED_RUNS_PER_ORG,
    queueDeadlineSeconds: {
      interactive: values.QUEUE_DEADLINE_SECONDS_INTERACTIVE,
      scheduled: values.QUEUE_DEADLINE_SECONDS_SCHEDULED,
    },
    resultTtlDays: values.RESULT_TTL_DAYS,
  }),
});
