// The functions that a statement may not call, by what is wrong with them. A `*` stands for any characters. The list is
// advice, as all of the gate is: what a statement really cannot do is decided by its role and its read-only transaction.

const reasons: Readonly<Record<string, readonly string[]>> = {
  'it reads files of the server': ['pg_read_*file', 'pg_stat_file', 'pg_ls_*'],
  'it works on large objects': ['lo_*', 'lowrite', 'loread'],
  'it controls the server': [
    ...['pg_terminate_backend', 'pg_cancel_backend', 'pg_reload_conf', 'pg_rotate_logfile', 'pg_promote'],
    ...['pg_switch_wal', 'pg_wal_replay_*', 'pg_backup_*', 'pg_create_*', 'pg_drop_*', 'pg_copy_*slot*'],
    ...['pg_replication_*', 'pg_logical_*'],
  ],
  'it connects to other servers': ['dblink*', 'postgres_fdw_*'],
  'it waits': ['pg_sleep*'],
  'it changes settings': ['set_config'],
  'it takes locks that outlive the statement': ['pg_advisory*', 'pg_try_advisory*'],
  'it notifies other sessions': ['pg_notify'],
  'it changes a sequence': ['nextval', 'setval'],
  'it takes a transaction number or a snapshot': [
    ...['pg_export_snapshot', 'pg_current_xact_id', 'txid_current'],
  ],
  'it executes SQL out of a text': [
    ...['query', 'table', 'cursor', 'schema', 'database'].map((source) => `${source}_to_xml*`),
    ...['ts_stat', 'ts_rewrite', 'crosstab*', 'connectby', 'xpath_table'],
  ],
};

const rules = Object.entries(reasons).map(([reason, patterns]) => ({
  reason,
  pattern: new RegExp(`^(?:${patterns.join('|').replaceAll('*', '.*')})$`, 's'),
}));

/**
 * Why a function may not be called, or undefined when it may. Schemas do not matter: a name on the list is refused
 * wherever it is found, since the search path decides what it means. Nor does the case, though quoted names have one.
 */
export const refusedFunction = (name: string): string | undefined =>
  rules.find(({ pattern }) => pattern.test(name.toLowerCase()))?.reason;
