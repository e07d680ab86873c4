import { parentPort } from 'node:worker_threads';
import { loadModule } from 'libpg-query';
import type { SqlDialect } from '../sql';
import type { Answer, Question } from './messages';
import { judgePostgres } from './parse-postgres';

// The entry of a thread: it answers one question after the other.

const judges: Readonly<Record<SqlDialect, (sql: string) => Answer>> = { postgres: judgePostgres };

// Questions that come before the parser is loaded wait in the port.
void loadModule().then(() => {
  parentPort?.on('message', ({ dialect, sql }: Question) => parentPort?.postMessage(judges[dialect](sql)));
});
