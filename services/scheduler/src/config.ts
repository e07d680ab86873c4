import {
  appSection,
  composeConfig,
  databaseSection,
  limitsSection,
  privateEndpointSection,
  redisSection,
  schedulerSection,
  shutdownSection,
} from '@loupe/common/config';

/** Everything that a scheduler can be told. */
export const schedulerConfig = composeConfig({
  app: appSection,
  database: databaseSection,
  redis: redisSection,
  limits: limitsSection,
  scheduler: schedulerSection,
  privateEndpoint: privateEndpointSection(9466),
  shutdown: shutdownSection,
});

export type SchedulerConfiguration = ReturnType<typeof schedulerConfig.read>;
