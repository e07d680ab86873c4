import type { AskCatalog } from './types/type-lookup';

/** Roles of PostgreSQL's own whose members can do to the server what no read-only transaction stops. */
const serverRoles: Readonly<Record<string, string>> = {
  pg_execute_server_program: 'run programs on the database server',
  pg_read_server_files: "read the database server's files",
  pg_write_server_files: "write the database server's files",
  pg_signal_backend: "stop other users' statements and sessions",
  pg_checkpoint: 'force checkpoints',
  pg_maintain: 'maintain and lock every table',
};

/** What a role can be by itself; in the order of the columns below. */
const attributes = [
  'do everything on the server: it is, or can become, a superuser',
  'copy the whole server by replication',
  'see rows that row-level security hides',
  'create, change and join roles',
];

// Every role that the user is a member of, directly or not: it can take their attributes with SET ROLE.
const askPower = `
SELECT pg_catalog.bool_or(rolsuper)::pg_catalog.text, pg_catalog.bool_or(rolreplication)::pg_catalog.text,
  pg_catalog.bool_or(rolbypassrls)::pg_catalog.text, pg_catalog.bool_or(rolcreaterole)::pg_catalog.text,
  pg_catalog.string_agg(rolname::pg_catalog.text, ',' ORDER BY rolname)
    FILTER (WHERE rolname = ANY ($1::pg_catalog.text[]))
FROM pg_catalog.pg_roles WHERE pg_catalog.pg_has_role(current_user, oid, 'MEMBER')`;

/**
 * What the session's role may do that a reader should not be able to, as sentences for whoever set it up. Roles that
 * the server's version lacks have no members. Of a superuser no more is said: it is a member of them all.
 */
export async function askWarnings(ask: AskCatalog): Promise<string[]> {
  const [row = []] = await ask(askPower, [`{${Object.keys(serverRoles).join(',')}}`]);
  const powers = attributes.filter((_, n) => row[n] === 'true');
  const named = (row[attributes.length] ?? '').split(',').flatMap((name) => {
    const power = serverRoles[name];
    return power === undefined ? [] : [`${power} (it is a member of ${name})`];
  });
  const all = row[0] === 'true' ? powers.slice(0, 1) : [...powers, ...named];
  return all.map((power) => `The database user may ${power}; a user that can only read is safer.`);
}
