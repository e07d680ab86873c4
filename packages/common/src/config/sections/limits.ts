import { section, type Section } from '../definition';
import { wholeNumber } from '../values';

export interface LimitsConfig {
  /** Runs executing at once. */
  maxConcurrentQueriesPerOrg: number;
  maxConcurrentQueriesGlobal: number;
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
    maxConcurrentQueriesPerOrg: values.MAX_CONCURRENT_QUERIES_PER_ORG,
    maxConcurrentQueriesGlobal: values.MAX_CONCURRENT_QUERIES_GLOBAL,
    queueDeadlineSeconds: {
      interactive: values.QUEUE_DEADLINE_SECONDS_INTERACTIVE,
      scheduled: values.QUEUE_DEADLINE_SECONDS_SCHEDULED,
    },
    resultTtlDays: values.RESULT_TTL_DAYS,
  }),
});
