// The rows of the REST contract, each with what shows it:
//   'suite'          a test of this suite whose name begins with the row's: '1.1/base path', '1.1/base path › metrics'
//   { file, test }   the test of this name in this file
//   { row }          another row says the same; what shows that one shows this one
//   { later }        not built yet, and why
const http = 'services/api/src/http/application.api.test.ts';
const sessions = 'services/api/src/features/auth/sessions.api.test.ts';
const tenancy = 'services/api/src/tenancy.api.test.ts';

export const sections = [
  {
    id: '1.1',
    title: 'Transport',
    rows: {
      'base path': 'suite',
      'page origin': 'suite',
      'no trailing slash': 'suite',
      'request body is JSON in UTF-8': { file: http, test: 'with %s is refused' },
      'POST without a body': 'suite',
      'empty object body': 'suite',
      'body size': { file: http, test: 'of 2 MiB is read, and one byte more is too large' },
      'unknown body fields': { file: http, test: 'may hold fields that nobody knows' },
      'unknown query-string keys': 'suite',
      'extra response fields': 'suite',
      'method not offered': { file: http, test: 'names the methods that a known address offers' },
    },
  },
  {
    id: '1.2',
    title: 'JSON values',
    rows: {
      naming: 'suite',
      identifiers: 'suite',
      timestamps: 'suite',
      enumerations: 'suite',
      'nullable fields': 'suite',
      collections: 'suite',
      numbers: 'suite',
    },
  },
  {
    id: '1.3',
    title: 'Authentication',
    rows: {
      header: 'suite',
      'without a token': 'suite',
      'token is a JWT, ES256 with kid': 'suite',
      claims: 'suite',
      'role, membership and session are checked per request': 'suite',
      'access lifetime': 'suite',
      'refresh lifetime': 'suite',
      rotation: 'suite',
      'refresh tokens are stored hashed': {
        file: 'services/api/src/features/auth/auth.api.test.ts',
        test: 'stores the refresh token hashed',
      },
      'a reused refresh token revokes its family': {
        file: sessions,
        test: 'refuses a token that was used, and ends the session with all its tokens',
      },
      'token kinds': 'suite',
      401: 'suite',
    },
  },
  {
    id: '1.4',
    title: 'Roles',
    rows: {
      'roles include those below': 'suite',
      'too low a role': 'suite',
      'another organization’s id is not found, on every endpoint': {
        file: tenancy,
        test: '%s cannot tell another organization’s id from an unknown one',
      },
      'lists hold nothing of another organization': {
        file: tenancy,
        test: '%s lists nothing of another organization',
      },
    },
  },
  {
    id: '1.5',
    title: 'List envelope',
    rows: {
      envelope: 'suite',
      data: 'suite',
      total: 'suite',
      page: 'suite',
      per_page: 'suite',
      total_pages: 'suite',
      has_next: 'suite',
      has_prev: 'suite',
      'not of an export': 'suite',
      'not of a tile list': 'suite',
      'not of a schema': {
        file: 'services/api/src/features/datasources/source-checks.api.test.ts',
        test: 'is a bare array in the order that the source gave, however many chunks it fills',
      },
    },
  },
  {
    id: '1.6',
    title: 'List query parameters',
    rows: {
      limit: 'suite',
      offset: 'suite',
      sort_by: 'suite',
      sort_direction: 'suite',
      search: 'suite',
      tags: 'suite',
      'stable pages': 'suite',
      'nulls last': 'suite',
      dashboards: 'suite',
      queries: 'suite',
      runs: 'suite',
      visualizations: 'suite',
      schedules: 'suite',
      datasources: 'suite',
      canvases: 'suite',
      'organization users': 'suite',
      status: 'suite',
      'start_date and end_date': 'suite',
      'filter of the wrong type': 'suite',
      additions: 'suite',
      'default page size': 'suite',
    },
  },
];
