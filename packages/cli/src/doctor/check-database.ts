import { resolve } from 'node:path';
import { type Database, type DatabaseRole, migrationNames, openDatabase } from '@loupe/common/db';
import { LoupeError } from '@loupe/common/errors';
import { createSchemaRepository } from '@loupe/common/repositories';
import { createInstallationRepository, type ServerFacts } from '@loupe/common/repositories/engine';
import type { OperateConfiguration } from '../config';
import { expectedRights } from './expected-rights';
import { clockFinding, type Finding, ok, problem, warning } from './finding';

const migrationsDirectory = resolve(__dirname, '../../../../migrations');
const oldestVersion = 150_000;

/** Opens one connection as a service does. */
export function openAs(role: DatabaseRole, { database }: OperateConfiguration): Database {
  const { url, engineUrl, runnerUrl, sslMode } = database;
  const urls = { loupe_app: url, loupe_engine: engineUrl, loupe_runner: runnerUrl };
  return openDatabase({
    ...{ url: urls[role], sslMode, role, applicationName: 'loupe-doctor' },
    ...{ minConnections: 0, maxConnections: 1 },
  });
}

/** Whether the services can sign in with the rights of their roles. */
export async function checkRoles(config: OperateConfiguration): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const role of ['loupe_app', 'loupe_engine', 'loupe_runner'] as const) {
    const db = openAs(role, config);
    try {
      await db.one({ name: 'doctor.role', text: 'SELECT 1 AS ok' });
      findings.push(ok('roles', `the services can work as ${role}`));
    } catch (error) {
      const finding = roleFinding(role, error);
      // A database that is away is away for all of them.
      if (!findings.some(({ message }) => message === finding.message)) findings.push(finding);
    } finally {
      await db.close();
    }
  }
  return findings;
}

function roleFinding(role: DatabaseRole, error: unknown): Finding {
  const isAway = error instanceof LoupeError && error.kind === 'unavailable';
  if (isAway) {
    const mend = 'start PostgreSQL, and see that host, port, user, password and DB_SSL_MODE are right';
    return problem('database', 'the metadata database does not answer, or lets nobody in', mend);
  }
  const detail = error instanceof LoupeError ? error.detail : undefined;
  const mend =
    'run `loupe migrate`, which makes the roles and grants them, or says which statements an administrator must run';
  return problem(
    'roles',
    `the services cannot work as ${role}${detail === undefined ? '' : `: ${detail}`}`,
    mend,
  );
}

export async function checkServer(engine: Database): Promise<Finding[]> {
  const facts = await createInstallationRepository(engine).server();
  return [...serverFindings(facts), clockFinding('clocks', facts.clockAheadMs, 'PostgreSQL')];
}

function serverFindings(facts: ServerFacts): Finding[] {
  const findings: Finding[] = [];
  if (facts.versionNumber < oldestVersion) {
    findings.push(
      problem('database', `PostgreSQL ${facts.version} is too old`, 'use PostgreSQL 15 or later'),
    );
  }
  if (facts.isStandby) {
    findings.push(
      problem('database', 'this server is a standby and takes no writes', 'name the primary in DATABASE_URL'),
    );
  }
  const unsafe = [
    ['fsync', facts.fsync],
    ['full_page_writes', facts.fullPageWrites],
    ['synchronous_commit', facts.synchronousCommit],
  ].filter(([, value]) => value === 'off');
  for (const [name] of unsafe) {
    const mend = `set ${name} = on: with off, a run that was acknowledged can be lost when the server crashes`;
    findings.push(warning('database', `${name} is off`, mend));
  }
  return findings.length > 0 ? findings : [ok('database', `PostgreSQL ${facts.version}, durable`)];
}

/** `isCurrent`: the tables are the ones that this release expects. */
export async function checkMigrations(
  engine: Database,
): Promise<{ isCurrent: boolean; findings: Finding[] }> {
  const applied = await createSchemaRepository(engine)
    .appliedMigrations()
    .catch((): string[] => []);
  const expected = migrationNames(migrationsDirectory);
  const missing = expected.filter((name) => !applied.includes(name));
  const unknown = applied.filter((name) => !expected.includes(name));
  const findings = [
    ...(missing.length > 0
      ? [problem('migrations', `missing: ${missing.join(', ')}`, 'run `loupe migrate` with this release')]
      : []),
    ...(unknown.length > 0
      ? [
          problem(
            'migrations',
            `unknown to this release: ${unknown.join(', ')}`,
            'the database belongs to a newer release: use that one',
          ),
        ]
      : []),
  ];
  return {
    isCurrent: missing.length === 0,
    findings: findings.length > 0 ? findings : [ok('migrations', `all ${expected.length} are applied`)],
  };
}

export async function checkGrants(engine: Database): Promise<Finding[]> {
  const wrong = await createInstallationRepository(engine).wrongRights(expectedRights);
  if (wrong.length === 0) return [ok('grants', `${expectedRights.length} rights are as they should be`)];
  return wrong.map(({ role, table, column, privilege, held }) => {
    const what = column === null ? table : `${table}.${column}`;
    return held
      ? problem('grants', `${role} may not ${privilege} ${what}`, `GRANT ${privilege} as migrations/ has it`)
      : problem('grants', `${role} may ${privilege} ${what}`, `REVOKE ${privilege} ON ${table} FROM ${role}`);
  });
}
