const system = 'tests/contract/whole-system.fault.test.ts';
const outcomes = 'services/runner/src/outcomes.db.test.ts';
const retry = 'services/runner/src/run-execution/retry.test.ts';
const encoding = 'packages/common/src/connectors/postgres/encoding.db.test.ts';

const inSystem = (test) => ({ file: system, test });

/** Types whose row of the contract's table is a test of the same name. */
const encoded = (...names) => Object.fromEntries(names.map((name) => [name, inSystem(name)]));

export const sections = [
  {
    id: '4.1',
    title: 'Runs: statuses',
    rows: {
      'queued, then running': 'suite',
      completed: 'suite',
      failed: 'suite',
      timeout: 'suite',
      cancelled: 'suite',
      'a final status never changes': 'suite',
      'a run that waits for its retry is queued': 'suite',
      created_at: { row: '4.1/queued, then running' },
      started_at: { row: '4.1/queued, then running' },
      'started_at is the last begin': 'suite',
      completed_at: { row: '4.1/completed' },
      error_message: { row: '4.1/failed' },
      'the database’s own message, with its position': inSystem(
        'fails with the database’s own words and the position',
      ),
      'never connection data': {
        file: outcomes,
        test: 'ends when its secret opens in another place only, and tells nobody why',
      },
    },
  },
  {
    id: '4.2',
    title: 'Runs: polling',
    rows: {
      'the first poll comes right after POST': 'suite',
      'polls are not tightly limited': { later: 'rate limits' },
      'GET /runs/{id} is cheap': {
        file: 'services/api/src/features/runs/runs.api.test.ts',
        test: 'costs three statements, and reading it three',
      },
      'on completed the result is there at once': 'suite',
      'a quick query is finished by the first or second poll': inSystem(
        'that is quick has ended by its first or second poll',
      ),
    },
  },
  {
    id: '4.3',
    title: 'Runs: limits',
    rows: {
      time: inSystem('that takes longer than its time ends as timeout'),
      'time is enforced in the database': {
        file: outcomes,
        test: 'times out, and leaves nothing running in its source',
      },
      rows: inSystem('is cut at max_rows in the query’s own order, and says so'),
      bytes: inSystem('whose result is too large fails with a clear text'),
      'concurrent executions per organization': inSystem('above the organization’s limit waits as queued'),
      'concurrent executions overall': {
        file: 'packages/common/src/commands/dispatch.db.test.ts',
        test: 'admits within the organization’s limit and the global one, over both pools',
      },
      'concurrent executions, over all processes': {
        file: 'packages/common/src/commands/dispatch-limits.db.test.ts',
        test: 'never exceeds a limit, however many dispatch at once',
      },
      'above a limit the run waits as queued': inSystem('above the organization’s limit waits as queued'),
      'retry only for what may pass': {
        file: retry,
        test: 'ends a run as failed after "%s", however new it is',
      },
      'after the last failure it is failed, and a dead letter': {
        file: 'services/api/src/features/runs/dead-runs.api.test.ts',
        test: 'lists what was given up, and shows why',
      },
      'interactive runs retry within 8 s': {
        file: retry,
        test: 'gives an interactive run up once the next try would begin 8 s after its first failure',
      },
      'and then fail with the true cause': {
        file: outcomes,
        test: 'is tried again when the source cannot be reached, and given up in the time a person waits',
      },
      'result lifetime': {
        file: 'packages/common/src/repositories/engine/result-expiry.db.test.ts',
        test: 'takes the rows of what is too old, and keeps that they were there',
      },
      'result lifetime, then 410': {
        file: 'services/api/src/features/runs/runs.api.test.ts',
        test: 'tells apart not finished, without a result, expired and unknown',
      },
      'execution time without the wait': inSystem('tells the time in the datasource, and not the wait'),
    },
  },
  {
    id: '4.4',
    title: 'Runs: result encoding',
    rows: {
      ...encoded('NULL', 'bool', 'int2', 'int4', 'int8 within ±(2⁵³−1)', 'int8 beyond'),
      ...encoded('float4', 'float8', 'float8 NaN', 'float8 infinity'),
      ...encoded('numeric that a double holds', 'numeric that it does not'),
      ...encoded('text', 'varchar', 'char', 'name', 'uuid', 'enum', 'inet', 'xml'),
      ...encoded('date', 'timestamptz', 'timestamp', 'timestamp infinity'),
      ...encoded('time', 'timetz', 'interval', 'range', 'point', 'json', 'jsonb'),
      ...encoded('array', 'array of numbers', 'bytea', 'money', 'bit', 'domain', 'composite'),
      'anything else, BC, years above 9999': {
        file: encoding,
        test: 'encodes every type of the REST contract',
      },
      'the session pins how values are written': {
        file: encoding,
        test: 'does not depend on what the role or the database prefers',
      },
      'json passes unparsed': {
        file: 'services/api/src/features/runs/runs.api.test.ts',
        test: 'gives rows, columns and figures',
      },
      'columns of an empty result': inSystem('has real columns when it has no rows'),
      'duplicate column names, column order': inSystem('keeps duplicate names and the order of columns'),
      'row order is the query’s own': inSystem('is cut at max_rows in the query’s own order, and says so'),
    },
  },
];
