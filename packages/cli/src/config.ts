import { appSection, composeConfig, migrationSection } from '@loupe/common/config';

/** Everything that the command line can be told by its environment. */
export const cliConfig = composeConfig({ app: appSection, migration: migrationSection });
