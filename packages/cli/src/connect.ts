import { loadConfig } from '@loupe/common/config';
import { type Database, openDatabase } from '@loupe/common/db';
import { type OperateConfiguration, operateConfig } from './config';

/** Runs `work` on the metadata database under the engine's role, and closes it. */
export async function withEngine<T>(
  work: (db: Database, config: OperateConfiguration) => Promise<T>,
): Promise<T> {
  const config = loadConfig(operateConfig);
  const { engineUrl: url, sslMode } = config.database;
  const db = openDatabase({
    ...{ url, sslMode, role: 'loupe_engine', applicationName: 'loupe-cli' },
    ...{ minConnections: 0, maxConnections: 1 },
  });
  try {
    return await work(db, config);
  } finally {
    await db.close();
  }
}
