import type { ExpectedRight } from '@loupe/common/repositories/engine';

type Privilege = ExpectedRight['privilege'];

const may = (role: string, table: string, ...privileges: Privilege[]): ExpectedRight[] =>
  privileges.map((privilege) => ({ role, table, column: null, privilege, held: true }));
const mayNot = (role: string, table: string, ...privileges: Privilege[]): ExpectedRight[] =>
  privileges.map((privilege) => ({ role, table, column: null, privilege, held: false }));

/** Not all that the migrations grant: what the engine cannot do without, and what keeps secrets and history safe. */
export const expectedRights: readonly ExpectedRight[] = [
  ...may('loupe_app', 'runs', 'SELECT', 'INSERT', 'UPDATE'),
  ...may('loupe_app', 'queries', 'SELECT', 'INSERT', 'UPDATE'),
  ...may('loupe_app', 'idempotency_keys', 'SELECT', 'INSERT', 'UPDATE'),
  ...may('loupe_app', 'datasource_secrets', 'INSERT', 'UPDATE', 'DELETE'),
  ...may('loupe_engine', 'runs', 'SELECT', 'INSERT', 'UPDATE'),
  ...may('loupe_engine', 'dispatch_mutex', 'SELECT', 'UPDATE'),
  ...may('loupe_engine', 'limit_overrides', 'SELECT', 'INSERT', 'UPDATE', 'DELETE'),
  ...may('loupe_engine', 'pauses', 'SELECT', 'INSERT', 'DELETE'),
  ...may('loupe_engine', 'operator_actions', 'SELECT', 'INSERT'),
  ...may('loupe_engine', 'runner_sessions', 'SELECT', 'UPDATE'),
  ...may('loupe_runner', 'runs', 'SELECT', 'UPDATE'),
  ...may('loupe_runner', 'runner_sessions', 'SELECT', 'INSERT', 'UPDATE'),
  ...may('loupe_runner', 'datasource_secrets', 'SELECT'),
  ...may('loupe_runner', 'results', 'SELECT', 'INSERT'),
  ...may('loupe_runner', 'result_chunks', 'SELECT', 'INSERT'),
  // Requests store secrets and cannot read them; nobody but the API sees password hashes; history is a trigger's.
  { role: 'loupe_app', table: 'datasource_secrets', column: 'sealed', privilege: 'SELECT', held: false },
  ...mayNot('loupe_engine', 'datasource_secrets', 'SELECT'),
  ...mayNot('loupe_engine', 'users', 'SELECT'),
  ...mayNot('loupe_runner', 'users', 'SELECT'),
  ...mayNot('loupe_runner', 'sessions', 'SELECT'),
  ...['loupe_app', 'loupe_engine', 'loupe_runner'].flatMap((role) => [
    ...mayNot(role, 'run_events', 'INSERT', 'UPDATE'),
    ...mayNot(role, 'operator_actions', 'UPDATE', 'DELETE'),
    ...mayNot(role, 'runs', 'DELETE'),
  ]),
  ...mayNot('loupe_app', 'operator_actions', 'SELECT', 'INSERT'),
  ...mayNot('loupe_app', 'pauses', 'INSERT', 'UPDATE', 'DELETE'),
];
