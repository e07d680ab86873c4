const auth = 'services/api/src/features/auth/auth.api.test.ts';
const users = 'services/api/src/features/organizations/organizations.api.test.ts';
const datasources = 'services/api/src/features/datasources/datasources.api.test.ts';
const checks = 'services/api/src/features/datasources/source-checks.api.test.ts';
const transfers = 'services/api/src/features/queries/transfers.api.test.ts';

const limited = { later: 'rate limits come with section 7.5' };

export const sections = [
  {
    id: '2.1',
    title: 'Auth',
    rows: {
      'user object': { row: '2.1/POST /auth/register' },
      'field email': { row: '1.10/e-mail' },
      'field password': { row: '1.10/password' },
      'field name': { row: '1.10/query name, user name, node title' },
      'field org_name': 'suite',
      'field role': 'suite',
      'required fields': 'suite',
      'POST /auth/register': 'suite',
      'POST /auth/register is one transaction, also in a race': {
        file: auth,
        test: 'lets one of two racing registrations win and leaves no organization of the other',
      },
      'POST /auth/register: 409': {
        file: auth,
        test: 'refuses an address that is taken, in any letter case',
      },
      'POST /auth/register: 429': limited,
      'POST /auth/login': 'suite',
      'POST /auth/login: 401 tells nothing apart': {
        file: auth,
        test: 'tells a wrong password and an unknown address apart in nothing',
      },
      'POST /auth/login: 429': { later: 'lockout comes with section 7.3' },
      'POST /auth/logout': 'suite',
      'POST /auth/refresh': 'suite',
      'GET /auth/me': 'suite',
      'GET /auth/me is cheap': { file: auth, test: 'costs one statement' },
    },
  },
  {
    id: '2.2',
    title: 'Organization users',
    rows: {
      'GET /organizations/users': {
        file: users,
        test: 'lists the organization’s own, newest first, to everybody in it',
      },
      'GET /organizations/users: limit and offset': {
        file: users,
        test: 'goes page by page, by offset and by cursor',
      },
      'PUT /organizations/users/{id}/role': { file: users, test: 'takes effect with the next request' },
      'PUT /organizations/users/{id}/role: role is one of three': {
        file: users,
        test: 'refuses the role %p',
      },
      'PUT /organizations/users/{id}/role: own id': { row: '1.7/special texts' },
      'PUT /organizations/users/{id}/role: unknown user': {
        file: users,
        test: 'finds nobody of another organization',
      },
      'DELETE /organizations/users/{id}': {
        file: users,
        test: 'ends all access at once, and leaves what the user made',
      },
      'DELETE /organizations/users/{id}: own id': { row: '1.7/special texts' },
      'DELETE /organizations/users/{id}: unknown user': {
        file: users,
        test: 'finds nobody of another organization',
      },
      'who was removed may register again': {
        file: users,
        test: 'may register again, as the same user in a new organization with a new password',
      },
      'an organization keeps an admin': { file: users, test: 'who %s each other leave one admin' },
    },
  },
  {
    id: '2.3',
    title: 'Datasources',
    rows: {
      'datasource object': {
        file: datasources,
        test: 'stores a connection string as typed settings, its password sealed, and returns neither',
      },
      'field name': 'suite',
      'field ds_type': 'suite',
      'connection_string or settings': 'suite',
      'connection string': 'suite',
      settings: 'suite',
      TLS: 'suite',
      'secrets are write-only': 'suite',
      'a change of host, port, user or TLS needs the secret again': {
        file: datasources,
        test: 'asks for the secret again when the %s changes',
      },
      'POST /datasources': 'suite',
      'no connection attempt': 'suite',
      'PUT /datasources/{id}': 'suite',
      'DELETE /datasources/{id}': 'suite',
      'DELETE /datasources/{id} is one transaction and destroys the secrets': {
        file: datasources,
        test: 'takes its queries along under one stamp, destroys its secret and cancels its live runs',
      },
      'POST /datasources/{id}/test: success': {
        file: checks,
        test: 'says how long it took, and tells admins what the account may do',
      },
      'POST /datasources/{id}/test: failure': { file: checks, test: 'says why the source cannot be used' },
      'POST /datasources/{id}/test: 10 s, and no runner': {
        file: checks,
        test: 'a test answers within its 10 s that nobody could try, a schema 503 after 15 s, and neither waits on',
      },
      'POST /datasources/{id}/test: no credentials in the message': {
        file: 'packages/common/src/connectors/postgres/classify.test.ts',
        test: 'of the connection says nothing of what the server said',
      },
      'GET /datasources/{id}/schema': {
        file: checks,
        test: 'is a bare array in the order that the source gave, however many chunks it fills',
      },
      'GET /datasources/{id}/schema: order, types, no system schemas': {
        file: 'packages/common/src/connectors/postgres/tasks.db.test.ts',
        test: 'the PostgreSQL connector',
      },
      'GET /datasources/{id}/schema: 502 and 400': { file: checks, test: 'of a source that %s is %s' },
      'GET /datasources/{id}/schema: 503': {
        file: checks,
        test: 'a test answers within its 10 s that nobody could try, a schema 503 after 15 s, and neither waits on',
      },
    },
  },
  {
    id: '2.4.1',
    title: 'Queries: objects',
    rows: { query: 'suite', 'parameter definition': 'suite' },
  },
  {
    id: '2.4.2',
    title: 'Queries: create and update',
    rows: {
      datasource_id: 'suite',
      name: 'suite',
      'name: 1–255': { row: '1.10/query name, user name, node title' },
      description: 'suite',
      'description: 2,000': { row: '1.10/description' },
      sql: 'suite',
      'sql: 1–100,000': { row: '1.10/SQL' },
      parameters: 'suite',
      'parameters: 50': { row: '1.10/parameter definitions' },
      timeout_seconds: 'suite',
      max_rows: 'suite',
      tags: 'suite',
      'tags: 50': { row: '1.10/tags' },
      'names need not be unique': 'suite',
      'delete cascades and cancels live runs': 'suite',
    },
  },
  {
    id: '2.4.3',
    title: 'What SQL is accepted',
    rows: {
      accepted: 'suite',
      refused: 'suite',
      'refused functions, wherever they stand and however they are spelled': {
        file: 'packages/common/src/statement-gate/accepted.test.ts',
        test: 'refuses a function wherever it stands and however it is spelled, and accepts another one there',
      },
      'the guarantee is the read-only transaction': {
        file: 'services/runner/src/outcomes.db.test.ts',
        test: 'fails when it tries to write, and writes nothing',
      },
    },
  },
  {
    id: '2.4.4',
    title: 'Export and import',
    rows: {
      'GET /queries/export': 'suite',
      'GET /queries/export: newest first, without ids': {
        file: transfers,
        test: 'is a bare array of all queries, newest first, without ids',
      },
      queries: 'suite',
      datasource_id: 'suite',
      'datasource_id: unknown or not ours': {
        file: transfers,
        test: 'refuses a datasource that is not there or not ours, viewers, and requests without a token',
      },
      skip_duplicates: 'suite',
      'skip_duplicates: true': {
        file: transfers,
        test: 'leaves out names that are taken, by a query or earlier in the file',
      },
      'skip_duplicates: false': {
        file: transfers,
        test: 'makes them all where duplicates are not to be skipped',
      },
      'nulls of an export': 'suite',
      'an export comes back': { file: transfers, test: 'takes an export back as it was' },
      'all or nothing, and which element': {
        file: transfers,
        test: 'with %s imports nothing, and says where it is',
      },
      'at most 1,000': {
        file: transfers,
        test: 'refuses what is no list, more than 1,000, and no datasource',
      },
    },
  },
];
