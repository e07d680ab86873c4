import {
  appSection,
  composeConfig,
  databaseSection,
  limitsSection,
  openingSection,
  privateEndpointSection,
  redisSection,
  runnerSection,
  shutdownSection,
} from '@loupe/common/config';

/** Everything that a runner can be told. */
export const runnerConfig = composeConfig({
  app: appSection,
  database: databaseSection,
  redis: redisSection,
  secrets: openingSection,
  limits: limitsSection,
  runner: runnerSection,
  privateEndpoint: privateEndpointSection(9465),
  shutdown: shutdownSection,
});

export type RunnerConfiguration = ReturnType<typeof runnerConfig.read>;
