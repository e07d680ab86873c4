import type { Client } from 'pg';
import { cpuOf } from './cpu-time';
import type { Ground } from './ground';

/** What has been used so far; two of them make a difference. */
export interface Used {
  /** CPU seconds by process. */
  cpu: Record<string, number>;
  /** Statements that clients sent, commits and WAL flushes to disk. */
  statements: Record<string, number>;
  commits: Record<string, number>;
  walBytes: number;
}

export async function readUsed({ admin, pids }: Pick<Ground, 'admin' | 'pids'>): Promise<Used> {
  const cpu: Record<string, number> = {
    client: process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6,
  };
  for (const [name, pid] of Object.entries(pids)) cpu[name] = cpuOf(pid, name === 'postgres');
  return {
    cpu,
    statements: await byDatabase(
      admin,
      `SELECT datname AS name, sum(calls)::float8 AS count FROM pg_stat_statements JOIN pg_database d ON d.oid = dbid
       GROUP BY datname`,
    ),
    commits: await byDatabase(
      admin,
      'SELECT datname AS name, xact_commit::float8 AS count FROM pg_stat_database WHERE datname IS NOT NULL',
    ),
    walBytes: await walBytes(admin),
  };
}

async function byDatabase(admin: Client, text: string): Promise<Record<string, number>> {
  const { rows } = await admin.query<{ name: string; count: number }>(text);
  return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
}

async function walBytes(admin: Client): Promise<number> {
  const { rows } = await admin.query<{ bytes: number }>(
    `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 AS bytes`,
  );
  return rows[0]?.bytes ?? 0;
}

/** What was used between two readings, a run. */
export function usedPerRun(before: Used, after: Used, runs: number): Used {
  const difference = (later: Record<string, number>, earlier: Record<string, number>) =>
    Object.fromEntries(
      Object.entries(later).map(([name, value]) => [name, (value - (earlier[name] ?? 0)) / runs]),
    );
  return {
    cpu: difference(after.cpu, before.cpu),
    statements: difference(after.statements, before.statements),
    commits: difference(after.commits, before.commits),
    walBytes: (after.walBytes - before.walBytes) / runs,
  };
}

/** Loupe's statements that took the server longest. */
export async function dearestStatements(admin: Client): Promise<Record<string, unknown>[]> {
  const { rows } = await admin.query<Record<string, unknown>>(
    `SELECT calls::float8, round(total_exec_time)::float8 AS total_ms, round(mean_exec_time::numeric, 3)::float8 AS mean_ms,
       rows::float8, left(regexp_replace(query, '\\s+', ' ', 'g'), 160) AS text
     FROM pg_stat_statements JOIN pg_database d ON d.oid = dbid WHERE datname = 'loupe'
     ORDER BY total_exec_time DESC LIMIT 25`,
  );
  return rows;
}

export async function durabilityOf(admin: Client): Promise<Record<string, string>> {
  const { rows } = await admin.query<{ name: string; setting: string }>(
    `SELECT name, setting FROM pg_settings
     WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'server_version')`,
  );
  return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
}
