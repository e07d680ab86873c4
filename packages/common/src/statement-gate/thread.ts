import { parentPort } from 'node:worker_threads';
import { loadModule } from 'libpg-query';
import type { SqlDialect } from '../sql';
import { type Answer, type Question, ready } from './messages';
import { judgePostgres } from './parse-postgres';

// The entry of a thread: it answers one question after the other.

const judges: Readonly<Record<SqlDialect, (sql: string) => Answer>> = { postgres: judgePostgres };

void loadModule().then(() => {
  parentPort?.on('message', ({ dialect, sql }: Question) => parentPort?.postMessage(judges[dialect](sql)));
  parentPort?.postMessage(ready);
});
