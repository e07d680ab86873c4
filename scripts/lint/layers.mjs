// Who may import whom. Each row is one layer: where its files lie, which other layers it may import, and why it
// is kept to these. A file belongs to the first row that matches it; a layer may always import itself.

const common = (folder) => `packages/common/src/${folder}/**`;

/** Everything of packages/common that any service may use. */
const FOR_SERVICES = [
  'errors',
  'models',
  'config',
  'crypto',
  'observability',
  'lifecycle',
  'redis',
  'cache',
  'db',
  'repositories',
  'queues',
  'events',
  'sql',
  'statement-gate',
  'connectors',
  'results',
  'commands',
];

const EVERYTHING_IN_COMMON = [
  ...FOR_SERVICES,
  'repositories/engine',
  'operator-commands',
  'connectors/open',
  'testing',
];

export const layers = [
  {
    name: 'errors',
    files: [common('errors')],
    may: [],
    why: 'everything else imports errors, so one import of its own would close a circle',
  },
  {
    name: 'models',
    files: [common('models')],
    may: ['errors'],
    why: 'models are pure types and rules: no I/O, so that they can be tested and reasoned about alone',
  },
  ...['config', 'crypto', 'observability', 'lifecycle', 'redis'].map((name) => ({
    name,
    files: [common(name)],
    may: ['errors'],
    why: 'it serves every layer above, and so may know none of them',
  })),
  {
    name: 'cache',
    files: [common('cache')],
    may: ['redis', 'errors'],
    why: 'it keeps bytes under a key; what they are, and whether they hold, is decided above',
  },
  {
    name: 'db',
    files: [common('db')],
    may: ['models', 'errors', 'observability'],
    why: 'db opens the metadata database and knows nothing of what is stored there',
  },
  {
    name: 'repositories/engine',
    files: [common('repositories/engine')],
    may: ['repositories', 'db', 'models', 'crypto', 'errors'],
    why: 'repositories are SQL and row mapping only: who is told about a change is decided above',
  },
  {
    name: 'repositories',
    files: [common('repositories')],
    may: ['db', 'models', 'crypto', 'errors'],
    why: 'repositories are SQL and row mapping only; what sees all organizations stays in repositories/engine',
  },
  ...['queues', 'events'].map((name) => ({
    name,
    files: [common(name)],
    may: ['models', 'errors', 'observability', 'redis'],
    why: 'producers import these definitions, and must not load a handler or a database with them',
  })),
  {
    name: 'sql',
    files: [common('sql')],
    may: ['models', 'errors'],
    why: 'the lexer and the rules for statements decide about text alone: no I/O',
  },
  {
    name: 'statement-gate',
    files: [common('statement-gate')],
    may: ['sql', 'models', 'errors'],
    why: 'it runs the parser in threads of its own; what is accepted is decided in sql',
  },
  {
    name: 'connectors/open',
    files: [common('connectors/open')],
    may: ['connectors', 'connector-clients', 'models', 'sql', 'errors'],
    why: 'it hands out sessions on customers’ databases, and knows nothing of our own',
  },
  {
    name: 'connector-clients',
    files: ['packages/common/src/connectors/*/client.ts'],
    may: ['connectors', 'models', 'sql', 'errors'],
    why: 'a connector speaks to customers’ databases, and knows nothing of our own',
  },
  {
    name: 'connectors',
    files: [common('connectors')],
    may: ['models', 'sql', 'errors'],
    why: 'the API reads descriptors, and must never load a database driver with them: only open and client.ts do',
  },
  {
    name: 'results',
    files: [common('results')],
    may: ['models', 'errors', 'db'],
    why: 'the result store keeps what it is given, and knows nothing of the run that made it',
  },
  {
    name: 'operator-commands',
    files: ['dispatch', 'finish-run', 'operate'].flatMap((name) => [
      `packages/common/src/commands/${name}.ts`,
      `packages/common/src/commands/${name}/**`,
    ]),
    may: [
      'commands',
      'repositories',
      'repositories/engine',
      'queues',
      'events',
      'results',
      'sql',
      'models',
      'errors',
    ],
    why: 'commands put repositories, queues, events and results together, and nothing below that: the type of a database comes from repositories',
  },
  {
    name: 'commands',
    files: [common('commands')],
    may: ['operator-commands', 'repositories', 'queues', 'events', 'results', 'sql', 'models', 'errors'],
    why: 'commands act for one organization; only dispatch, finish-run and operate may see all of them (repositories/engine), and SQL stays in repositories',
  },
  {
    name: 'testing',
    files: [common('testing')],
    may: EVERYTHING_IN_COMMON,
    why: 'it is built into every package’s tests, and so may know no service',
  },
  {
    name: 'devstack',
    files: ['packages/devstack/src/**'],
    may: EVERYTHING_IN_COMMON,
    why: 'it starts services as processes, and never loads one',
  },
  {
    name: 'client',
    files: ['packages/client/**'],
    may: [],
    why: 'it is published alone, and all it knows of the server is the OpenAPI document',
  },
  {
    name: 'cli',
    files: ['packages/cli/src/**'],
    may: [
      'commands',
      'operator-commands',
      'repositories',
      'repositories/engine',
      'db',
      'queues',
      'redis',
      'config',
      'lifecycle',
      'models',
      'errors',
      'devstack',
    ],
    why: 'an operator’s command goes through commands and repositories, as the services do',
  },
  {
    name: 'api-entry',
    files: ['services/api/src/main.ts'],
    may: ['api-app', 'api', ...FOR_SERVICES],
    why: 'main.ts reads the config, opens the application and listens; app.ts assembles',
  },
  {
    name: 'api-app',
    files: ['services/api/src/app.ts'],
    may: ['api', 'api-http', 'api-feature', 'api-operators', 'operator-commands', ...FOR_SERVICES],
    why: 'app.ts assembles its own service, for main.ts and the tests alone',
  },
  {
    name: 'api-http',
    files: ['services/api/src/http/**'],
    may: FOR_SERVICES,
    why: 'http is the chain that every feature goes through, and so may know none of them',
  },
  {
    name: 'api-testing',
    files: ['services/api/src/testing/**'],
    may: ['api-app', 'api', 'api-http', 'testing', 'repositories/engine', ...FOR_SERVICES],
    why: 'it starts the whole API for the tests, and only they may import it',
  },
  {
    name: 'api-operators',
    files: ['services/api/src/features/operators/**'],
    may: ['api-http', 'repositories/engine', 'operator-commands', ...FOR_SERVICES],
    why: 'a feature stands alone: what two of them need belongs into packages/common or http',
  },
  {
    name: 'api-feature',
    files: ['services/api/src/features/*/**'],
    capture: ['feature'],
    may: ['api-http', 'operator-commands', ...FOR_SERVICES],
    why: 'a feature never imports another, sees one organization at a time, and opens no customer’s database: what two features need belongs into packages/common or http',
  },
  {
    name: 'api',
    files: ['services/api/src/**'],
    may: FOR_SERVICES,
    why: 'only app.ts assembles the service',
  },
  ...['runner', 'scheduler'].flatMap((name) => {
    const engine = [...FOR_SERVICES, 'repositories/engine', 'operator-commands'];
    const may = name === 'runner' ? [...engine, 'connectors/open'] : engine;
    return [
      {
        name: `${name}-entry`,
        files: [`services/${name}/src/main.ts`],
        may: [`${name}-app`, name, ...may],
        why: 'main.ts reads the config, opens the application and listens; app.ts assembles',
      },
      {
        name: `${name}-app`,
        files: [`services/${name}/src/app.ts`],
        may: [name, ...may],
        why: 'app.ts assembles its own service, for main.ts and the tests alone',
      },
      {
        name: `${name}-testing`,
        files: [`services/${name}/src/testing/**`],
        may: [`${name}-app`, name, 'testing', ...may],
        why: 'it starts the whole service for the tests, and only they may import it',
      },
      {
        name,
        files: [`services/${name}/src/**`],
        may,
        why:
          name === 'runner'
            ? 'services meet in packages/common and in the database, never in each other’s code'
            : 'services meet in packages/common and in the database, and only the runner opens customers’ databases',
      },
    ];
  }),
];

/** They may import anything of ours but a service they do not belong to. */
export const testFiles = ['**/*.test.ts', 'tests/**'];
