import { resolve } from 'node:path';
import { loadConfig } from '@loupe/common/config';
import { loginOf, migrateDown, type MigrateOptions, migrateUp } from '@loupe/common/db';
import { type Command, usageError } from './command';
import { migrateConfig } from './config';

const migrateUsage = `loupe migrate [up]      apply the migrations that are missing, and make sure of the roles
loupe migrate down [N]  take back the newest N migrations (1)`;

const migrationsDirectory = resolve(__dirname, '../../../migrations');

/** Brings the metadata database to what this release expects. Safe to run at once from many places. */
export const migrate: Command = {
  usage: migrateUsage,
  async run(words, { line: print }) {
    const [way = 'up', count = '1', ...rest] = words;
    const isKnown = way === 'up' ? words.length <= 1 : way === 'down' && /^[1-9]\d{0,3}$/.test(count);
    if (!isKnown || rest.length > 0) throw usageError(migrateUsage);

    const { migration } = loadConfig(migrateConfig);
    if (migration.sharesLogin) {
      print('Warning: migrations and services share one login, so the services could change the schema');
    }
    const options: MigrateOptions = {
      url: migration.url,
      sslMode: migration.sslMode,
      directory: migrationsDirectory,
      applicationLogin: loginOf(migration.applicationUrl),
      log: print,
    };
    if (way === 'up') {
      const { applied } = await migrateUp(options);
      print(applied.length === 0 ? 'The database is up to date' : `Applied ${applied.length} migration(s)`);
    } else {
      const { reverted } = await migrateDown(options, Number(count));
      print(`Took back ${reverted.length} migration(s)`);
    }
    return true;
  },
};
