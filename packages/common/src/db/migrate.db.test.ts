import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoupeError } from '../errors';
import { eventually } from '../testing';
import { type EmptyDatabase, openEmptyDatabase } from '../testing/empty-database';
import { schemaOf } from '../testing/schema-of';
import { migrationsDirectory, testLogin } from '../testing/test-database';
import { migrateDown, type MigrateOptions, migrateUp } from './migrate';
import { migrationNames } from './migration-files';

let database: EmptyDatabase;
const folders: string[] = [];
beforeEach(async () => {
  database = await openEmptyDatabase();
});
afterEach(async () => {
  await database.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const options = (choices: Partial<MigrateOptions> = {}): MigrateOptions => ({
  ...{ url: database.url, sslMode: 'disable', directory: migrationsDirectory, applicationLogin: testLogin },
  ...choices,
});

/** A folder with these files, as migrations. */
function migrations(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'loupe-migrations-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, `${name}.sql`), text);
  return folder;
}

const all = migrationNames(migrationsDirectory);

describe('the migrations of this repository', () => {
  it('leave the same schema after up, down and up again, and nothing in between', async () => {
    const empty = await schemaOf(database);
    expect(await migrateUp(options())).toEqual({ applied: all });
    const first = await schemaOf(database);
    expect(await migrateDown(options(), 1_000)).toEqual({ reverted: [...all].reverse() });
    expect(await schemaOf(database)).toEqual(empty);
    await migrateUp(options());
    expect(await schemaOf(database)).toEqual(first);
    expect(first.length).toBeGreaterThan(300);
  });

  it('leave after each step back what was there before that step', async () => {
    const shapes: string[][] = [];
    for (let i = 1; i <= all.length; i += 1) {
      const only = migrationsUpTo(i);
      await migrateUp(options({ directory: only }));
      shapes.push(await schemaOf(database));
    }
    for (let i = all.length - 1; i >= 1; i -= 1) {
      await migrateDown(options(), 1);
      expect(await schemaOf(database)).toEqual(shapes[i - 1]);
    }
  });

  it('give limits that followed people to the organizations they are in now', async () => {
    await migrateUp(options({ directory: migrationsUpTo(all.indexOf('0010_member_limits')) }));
    await database.query(peopleWithLimits);
    await migrateUp(options());
    const limits = await database.query(
      `SELECT u.name, o.name AS org, max_running AS most FROM limit_overrides l
       JOIN users u ON u.id = l.key JOIN organizations o ON o.id = l.org_id ORDER BY 1, 2`,
    );
    expect(limits).toEqual([
      { name: 'has moved', org: 'new', most: 2 },
      { name: 'has moved to a limit', org: 'new', most: 4 },
      { name: 'is in both', org: 'new', most: 6 },
      { name: 'is in both', org: 'old', most: 5 },
    ]);
  });

  it('need no superuser: the owner of the database is enough', async () => {
    const owner = await database.ordinaryOwner();
    expect(await migrateUp(options({ url: owner.url }))).toEqual({ applied: all });
    expect(await migrateDown(options({ url: owner.url }), 1_000)).toEqual({ reverted: [...all].reverse() });
  });

  it('are applied once, in order, and say so', async () => {
    const lines: string[] = [];
    const log = (line: string): void => void lines.push(line);
    await migrateUp(options({ log }));
    expect(await migrateUp(options({ log }))).toEqual({ applied: [] });
    expect(lines).toEqual(all.map((name) => `applied ${name}`));
  });
});

const people = ['has left', 'has moved', 'has moved to a limit', 'is in both'];
const person = (name: string): string => `(SELECT id FROM users WHERE name = '${name}')`;
const organization = (name: string): string => `(SELECT id FROM organizations WHERE name = '${name}')`;
const membership = (name: string, org: string, ended = 'NULL'): string =>
  `INSERT INTO memberships (org_id, user_id, role, deleted_at) VALUES (${organization(org)}, ${person(name)}, 'viewer', ${ended});`;
const limit = (name: string, org: string, most: number): string =>
  `INSERT INTO limit_overrides (id, scope, org_id, key, max_running, set_by)
   VALUES (gen_random_uuid(), 'user', ${organization(org)}, ${person(name)}, ${most}, 'test');`;
const peopleWithLimits = [
  `INSERT INTO organizations (id, name) VALUES (gen_random_uuid(), 'old'), (gen_random_uuid(), 'new');`,
  ...people.map(
    (name) =>
      `INSERT INTO users (id, email, name, password_hash) VALUES (gen_random_uuid(), '${name}', '${name}', 'none');`,
  ),
  ...people.map((name) => membership(name, 'old', name === 'is in both' ? 'NULL' : 'now()')),
  ...people.slice(1).map((name) => membership(name, 'new')),
  ...[limit('has left', 'old', 1), limit('has moved', 'old', 2)],
  ...[limit('has moved to a limit', 'old', 3), limit('has moved to a limit', 'new', 4)],
  ...[limit('is in both', 'old', 5), limit('is in both', 'new', 6)],
].join('\n');

/** The repository's migrations as an earlier version knew them. */
function migrationsUpTo(count: number): string {
  const files = all
    .slice(0, count)
    .flatMap((name) => [`${name}.up`, `${name}.down`])
    .map((name) => [name, readFileSync(join(migrationsDirectory, `${name}.sql`), 'utf8')]);
  return migrations(Object.fromEntries(files) as Record<string, string>);
}

describe('migrators at the same time', () => {
  it('apply everything once, and all succeed', async () => {
    const outcomes = await Promise.all([1, 2, 3].map(() => migrateUp(options())));
    expect(outcomes.map(({ applied }) => applied.length).sort()).toEqual([0, 0, all.length]);
  });

  it('do not wait for ever', async () => {
    const holder = await database.connect();
    await holder.query('SELECT pg_advisory_lock($1)', [0x4c4f555045]);
    await expect(migrateUp(options({ lockTimeoutMs: 50 }))).rejects.toMatchObject({
      ...{ kind: 'unavailable', message: 'Another migration is running and has not finished in time' },
    });
    await holder.end();
  });

  it('take over from one that died in the middle', async () => {
    const directory = migrations({
      '0001_slow.up': 'CREATE TABLE half (); SELECT pg_sleep(600);',
      '0001_slow.down': 'DROP TABLE half;',
    });
    const dying = migrateUp(options({ directory }));
    const death = expect(dying).rejects.toMatchObject({ kind: 'unavailable' });
    await eventually('it is in the middle', async () => {
      const killed = await database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity a
         WHERE datname = current_database() AND wait_event = 'PgSleep'`,
      );
      return killed.length > 0;
    });
    await death;
    writeFileSync(join(directory, '0001_slow.up.sql'), 'CREATE TABLE half ();');
    expect(await migrateUp(options({ directory }))).toEqual({ applied: ['0001_slow'] });
  });

  it('are not held up by the mark that a dead one left in the table', async () => {
    await migrateUp(options());
    await database.query('UPDATE schema_migrations_lock SET is_locked = 1');
    expect(await migrateDown(options(), 1)).toEqual({ reverted: [all.at(-1)] });
  });
});

describe('a migration', () => {
  it('that fails is taken back with those before it, says what PostgreSQL said, and can be tried again', async () => {
    const directory = migrations({
      '0001_good.up': 'CREATE TABLE good ();',
      '0002_bad.up': `CREATE TABLE bad (); SELECT 'some - text'; CREATE TABLE bad ();`,
    });
    await expect(migrateUp(options({ directory }))).rejects.toMatchObject({
      ...{
        kind: 'database',
        message: 'The migration failed and was taken back: relation "bad" already exists',
      },
    });
    const tables = await database.query(
      `SELECT to_regclass('good') IS NOT NULL AS good, to_regclass('bad') IS NOT NULL AS bad`,
    );
    expect(tables).toEqual([{ good: false, bad: false }]);
    writeFileSync(join(directory, '0002_bad.up.sql'), 'CREATE TABLE bad ();');
    expect(await migrateUp(options({ directory }))).toEqual({ applied: ['0001_good', '0002_bad'] });
  });

  it('may contain question marks and backslashes', async () => {
    const directory = migrations({
      '0001_marks.up': `CREATE TABLE marks AS SELECT '{"a":1}'::jsonb ? 'a' AS found, 'a?b\\?\\\\?' AS text;`,
      '0001_marks.down': 'DROP TABLE marks;',
    });
    await migrateUp(options({ directory }));
    expect(await database.query('SELECT * FROM marks')).toEqual([{ found: true, text: 'a?b\\?\\\\?' }]);
  });

  it('runs outside of a transaction when its first line asks for it', async () => {
    const directory = migrations({
      '0001_table.up': 'CREATE TABLE t (n int);',
      '0002_index.up': '-- migrate: outside transaction\nCREATE INDEX CONCURRENTLY t_n ON t (n);',
    });
    await migrateUp(options({ directory }));
    expect(await database.query(`SELECT to_regclass('t_n') IS NOT NULL AS made`)).toEqual([{ made: true }]);
  });
});

describe('the roles', () => {
  it('that cannot be set up are asked of an administrator, statement by statement', async () => {
    const owner = await database.ordinaryOwner();
    const failure = (await migrateUp(options({ url: owner.url, applicationLogin: 'some "login"' })).catch(
      (error: unknown) => error,
    )) as LoupeError;
    expect(failure.kind).toBe('forbidden');
    expect(failure.message.split('\n')).toEqual([
      `The migration's login may not set up the roles. Let an administrator run:`,
      ...['loupe_app', 'loupe_engine', 'loupe_runner'].map(
        (role) =>
          expect.stringMatching(
            `^  GRANT ${role} TO "some ""login"""( WITH INHERIT FALSE, SET TRUE)?;$`,
          ) as string,
      ),
    ]);
    expect(await database.query(`SELECT to_regclass('runs') AS runs`)).toEqual([{ runs: null }]);
  });

  it('stay when everything is taken back', async () => {
    await migrateUp(options());
    await migrateDown(options(), 1_000);
    const roles = await database.query(
      `SELECT rolname FROM pg_roles WHERE rolname LIKE 'loupe\\_%' AND NOT rolcanlogin ORDER BY 1`,
    );
    expect(roles).toEqual(['loupe_app', 'loupe_engine', 'loupe_runner'].map((rolname) => ({ rolname })));
  });
});
