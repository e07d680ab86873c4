import type { DefaultLimits } from '../models';

/** The installation's own defaults, but for what a test says. */
export const testLimits = (choices: Partial<DefaultLimits> = {}): DefaultLimits => ({
  ...{ global: 100, perOrg: 10, perDatasource: 10, perUser: undefined, interactiveShare: 0.25 },
  ...choices,
});
