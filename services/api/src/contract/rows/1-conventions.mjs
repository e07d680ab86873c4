// The rows of the REST contract, each with what shows it:
//   'suite'          a test of this suite whose name begins with the row's: '1.1/base path', '1.1/base path › metrics'
//   { file, test }   the test of this name in this file
//   { file }         it cannot be seen through HTTP; this file tests it
//   { row }          another row says the same
//   { later }        not built yet, and why
const http = 'services/api/src/http/application.api.test.ts';

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
];
