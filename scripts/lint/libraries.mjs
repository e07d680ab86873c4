// Each npm library has one home. Outside of it the library is unknown, so that it can be replaced, kept out of a
// process that must not load it, and judged in one place. A new dependency gets its row here first.

const common = (folder) => `packages/common/src/${folder}/**`;

/** What the API is compared with. */
const bareServer = 'packages/devstack/src/benchmarks/bare-server.ts';

export const libraries = [
  {
    names: ['express'],
    homes: [
      'services/api/src/app.ts',
      'services/api/src/http/**',
      'services/api/src/**/*.routes.ts',
      bareServer,
    ],
    why: 'below the route nothing knows HTTP: no request, no response',
  },
  {
    names: ['helmet', 'cors'],
    homes: ['services/api/src/app.ts', 'services/api/src/http/**', bareServer],
    why: 'headers are the business of the HTTP chain alone',
  },
  {
    names: ['libpg-query'],
    homes: [common('statement-gate')],
    why: 'a parser reads what people send in threads that may die of it, and nowhere else',
  },
  {
    names: ['knex'],
    homes: [common('db'), common('repositories'), common('testing')],
    why: 'all SQL of the metadata database lives in db and repositories',
  },
  {
    names: ['dataloader'],
    homes: [common('db')],
    why: 'statements are joined where they are executed, and nobody else has to know',
  },
  {
    names: ['pg'],
    homes: [
      common('db'),
      common('testing'),
      'packages/common/src/connectors/*/client.ts',
      'packages/devstack/src/**',
    ],
    why: 'a driver is loaded by db and by a connector’s client.ts, so that the API never loads a customer’s driver',
  },
  {
    names: ['bullmq'],
    // The benchmark measures it by itself, as what Loupe is compared with.
    homes: [common('queues'), 'packages/devstack/src/benchmarks/runs/**'],
    why: 'the queue is a hint beside PostgreSQL, and must stay replaceable',
  },
  {
    names: ['ioredis'],
    homes: [
      common('redis'),
      common('queues'),
      common('events'),
      common('testing'),
      'packages/devstack/src/**',
    ],
    why: 'Redis is spoken to through queues and events, which know how to do without it',
  },
  {
    names: ['lru-cache'],
    homes: [common('cache')],
    why: 'what is kept, and how much of it, is decided once',
  },
  {
    names: ['autocannon'],
    homes: ['packages/devstack/src/benchmarks/api/**'],
    why: 'it measures servers, and is no client of theirs',
  },
  {
    names: ['croner'],
    homes: ['packages/common/src/models/cron.ts'],
    why: 'it reads more than our dialect and has timers of its own: only its reckoning is wanted, behind our checks',
  },
  {
    names: ['selfsigned'],
    homes: [common('testing')],
    why: 'certificates are made for tests alone',
  },
  {
    names: ['joi'],
    homes: [
      common('config'),
      'services/*/src/config.ts',
      'services/api/src/http/**',
      '**/*.contract.ts',
      common('connectors'),
      common('queues'),
      common('events'),
      'packages/devstack/src/**',
    ],
    why: 'input is checked where it enters, and is typed from there on',
  },
  {
    names: ['winston', 'prom-client'],
    homes: [common('observability')],
    why: 'what is logged and counted, and in which form, is decided once',
  },
  {
    names: ['bcrypt', 'jsonwebtoken', '@hpke/core', 'p-limit'],
    homes: [common('crypto')],
    why: 'cryptography is reviewed in one place',
  },
  {
    names: ['p-limit'],
    homes: [common('crypto')],
    why: 'it bounds password hashing; the work of runs is bounded by slots and the database',
  },
  {
    names: ['uuid'],
    homes: [common('crypto'), common('repositories'), common('commands'), common('testing'), 'services/**'],
    why: 'models, SQL and definitions are given their ids',
  },
  {
    names: ['diff'],
    homes: ['services/api/src/features/queries/**'],
    why: 'texts are compared for people who read the versions of a query',
  },
  {
    names: ['supertest'],
    homes: ['services/api/src/testing/**'],
    why: 'tests speak to the API through its own harness',
  },
  {
    names: ['ajv', 'ajv-formats'],
    homes: ['services/api/src/testing/**', 'services/api/**/*.test.ts'],
    why: 'tests hold answers against their declaration; input is checked by Joi',
  },
  {
    names: ['fast-check'],
    homes: ['**/testing/**', '**/*.test.ts'],
    why: 'what is made up at random is for tests',
  },
  {
    names: ['@redocly/openapi-core'],
    homes: ['services/api/**/*.test.ts'],
    why: 'it lints the document of the API, in tests alone',
  },
  {
    names: ['openapi-fetch', '@streamparser/json'],
    homes: ['packages/client/src/**'],
    why: 'they serve who calls the API, and the server answers',
  },
  {
    names: ['openapi-typescript'],
    homes: ['services/api/**/*.test.ts'],
    why: 'it turns the document into the types of the client, which a test compares',
  },
  {
    names: ['playwright-core'],
    homes: ['tests/browser/**'],
    why: 'it drives a browser, which no other test has',
  },
  {
    names: ['vega-datasets', 'pg-copy-streams'],
    homes: ['packages/devstack/src/**'],
    why: 'sample data is no part of the product',
  },
];

/** Layers whose point is to do no I/O; they may not even load Node’s own modules. */
export const pureLayers = ['errors', 'models', 'sql'];
