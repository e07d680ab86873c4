import {
  appSection,
  composeConfig,
  databaseSection,
  limitsSection,
  migrationSection,
  redisSection,
} from '@loupe/common/config';

/** What `loupe migrate` can be told by its environment. */
export const migrateConfig = composeConfig({ app: appSection, migration: migrationSection });

/** The same for all other commands: what the services are told of database, Redis and limits. */
export const operateConfig = composeConfig({
  app: appSection,
  database: databaseSection,
  redis: redisSection,
  limits: limitsSection,
});

export type OperateConfiguration = ReturnType<(typeof operateConfig)['read']>;
