import { section, type Section } from '../definition';
import { wholeNumber } from '../values';

export interface SchedulesConfig {
  minIntervalSeconds: number;
}

/** What schedules may ask for. */
export const schedulesSection: Section<SchedulesConfig> = section({
  variables: {
    SCHEDULE_MIN_INTERVAL_SECONDS: wholeNumber(1, 86_400)
      .default(60)
      .description(
        'Shortest time between two fires of a schedule; an expression that fires more often is refused.',
      ),
  },
  read: (values) => ({ minIntervalSeconds: values.SCHEDULE_MIN_INTERVAL_SECONDS }),
});
