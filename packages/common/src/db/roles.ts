import type { Knex } from 'knex';
import { errorCode, LoupeError } from '../errors';

/** The roles that services take (docs/architecture.md says which may do what). None can sign in by itself. */
const serviceRoles = ['loupe_app', 'loupe_engine', 'loupe_runner'] as const;

/** SQLSTATE of "somebody made it in the same moment". */
const madeMeanwhile = new Set(['42710', '23505', 'XX000']);

/**
 * Makes sure that the roles exist and that `login` may take each of them without having their rights unasked. Does
 * nothing when that holds; throws a LoupeError with the statements for an administrator when this connection may not.
 */
export async function ensureRoles(db: Knex, login: string): Promise<void> {
  const missing = await missingStatements(db, login);
  for (const statement of missing) {
    try {
      await db.raw(statement.replaceAll('?', '\\?'));
    } catch (error) {
      if (madeMeanwhile.has(errorCode(error) ?? '')) continue;
      throw new LoupeError(
        'forbidden',
        `The migration's login may not set up the roles. Let an administrator run:\n${missing.map((line) => `  ${line};`).join('\n')}`,
        { cause: error },
      );
    }
  }
}

interface RoleRow {
  name: string;
  made: boolean;
  granted: boolean;
  version: number;
}

async function missingStatements(db: Knex, login: string): Promise<string[]> {
  const { rows } = await db.raw<{ rows: RoleRow[] }>(
    `SELECT wanted.name,
            role.oid IS NOT NULL AS made,
            -- Whoever makes a role holds it WITH SET FALSE, which is no use here. Before 16 every grant had SET.
            EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles l ON l.oid = m.member
                    WHERE m.roleid = role.oid AND l.rolname = ?
                      AND coalesce((to_jsonb(m) ->> 'set_option')::boolean, true)) AS granted,
            current_setting('server_version_num')::int AS version
     FROM unnest(?::text[]) WITH ORDINALITY AS wanted (name, n) LEFT JOIN pg_roles role ON role.rolname = wanted.name
     ORDER BY n`,
    [login, [...serviceRoles]],
  );
  const quoted = `"${login.replaceAll('"', '""')}"`;
  // Before 16, whether rights come unasked is a property of the member, not of the grant.
  const withoutInherit = (version: number): string =>
    version >= 160_000 ? ' WITH INHERIT FALSE, SET TRUE' : '';
  return rows.flatMap(({ name, made, granted, version }) => [
    ...(made ? [] : [`CREATE ROLE ${name} NOLOGIN`]),
    ...(granted ? [] : [`GRANT ${name} TO ${quoted}${withoutInherit(version)}`]),
  ]);
}
