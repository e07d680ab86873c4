import { type EndedControlRun, runControl } from '@loupe/common/commands';
import type { Dispatcher } from '@loupe/common/commands';
import { LoupeError, notFound } from '@loupe/common/errors';
import { type Actor, type ControlKind, roleIncludes, type RunErrorClass } from '@loupe/common/models';
import type { ControlRunRepository, DatasourceRepository } from '@loupe/common/repositories';
import type { ResultReader } from '@loupe/common/results';
import type { DescribedTable, ProbeRow, TestResult } from './source-checks.contract';

interface SourceCheckParts {
  datasources: Pick<DatasourceRepository, 'find'>;
  controlRuns: ControlRunRepository;
  dispatcher: Pick<Dispatcher, 'dispatch'>;
  results: ResultReader;
}

/** What can be learnt of a datasource by connecting to it. A runner does so: the API never opens a customer's database. */
export interface SourceCheckService {
  /** Resolves for every datasource that exists; whether it can be used is the answer. Takes up to 10 s. */
  test(actor: Actor, datasourceId: string): Promise<TestResult>;
  /** Its tables, piece by piece. Takes up to 15 s until the first. */
  describe(actor: Actor, datasourceId: string): Promise<AsyncIterable<DescribedTable[]>>;
}

export function createSourceCheckService(parts: SourceCheckParts): SourceCheckService {
  const { datasources, results } = parts;
  async function check(actor: Actor, datasourceId: string, kind: ControlKind): Promise<EndedControlRun> {
    if ((await datasources.find(actor, datasourceId)) === undefined) throw notFound('Datasource');
    return runControl(parts, actor, { kind, datasourceId });
  }
  return {
    async test(actor, datasourceId) {
      const run = await check(actor, datasourceId, 'probe');
      if (run.state !== 'succeeded') return { success: false, message: reasonOf(run), latencyMs: null };
      for await (const [[latencyMs, warnings]] of rowsOf<[ProbeRow]>(results, actor, run)) {
        // What a role may do to the whole server is for those who can change the datasource.
        const mayKnow = roleIncludes(actor.role, 'admin');
        return { success: true, message: 'Connected', latencyMs, warnings: mayKnow ? warnings : [] };
      }
      throw new Error(`control run ${run.id} succeeded without a row`);
    },
    async describe(actor, datasourceId) {
      const run = await check(actor, datasourceId, 'describe');
      if (run.state !== 'succeeded') throw describeError(run);
      return rowsOf<DescribedTable[]>(results, actor, run);
    },
  };
}

/** The result's rows, one stored chunk at a time. */
async function* rowsOf<Rows>(
  results: ResultReader,
  actor: Actor,
  { id, resultId }: EndedControlRun,
): AsyncGenerator<Rows> {
  const manifest = resultId === null ? undefined : await results.manifest(actor, resultId);
  if (manifest === undefined) throw new Error(`control run ${id} succeeded without a result`);
  for await (const piece of results.rows(actor, manifest)) {
    // Chunks hold whole rows; all but the first begin with the comma that joins them.
    yield JSON.parse(`[${piece.replace(/^,/, '')}]`) as Rows;
  }
}

const noRunner =
  'No runner was free to connect to the datasource in time; try again, or ask whoever runs this installation';

function reasonOf({ state, hasStarted, errorMessage }: EndedControlRun): string {
  if (state === 'failed') return errorMessage ?? 'The datasource could not be used';
  // Nothing else ends one so; whoever waits for the answer gives it up after the last look.
  if (state === 'cancelled') return 'The datasource was deleted meanwhile';
  if (!hasStarted) return noRunner;
  if (state === 'timed_out') return errorMessage ?? 'The database did not answer in time';
  return 'The runner did not answer in time; try again';
}

/** The source was never reached, or no more; of what is left, the schema could not be read. */
const unreached: readonly (RunErrorClass | null)[] = [
  'connect',
  'overload',
  'lost_connection',
  'tls',
  'configuration',
];

/** A login that has no right to what it reads has reached the source; one that was not let in has not. */
const insufficientPrivilege = '42501';

function describeError(run: EndedControlRun): LoupeError {
  const message = reasonOf(run);
  const { state, errorClass, errorCode, hasStarted } = run;
  if (state === 'cancelled') return notFound('Datasource');
  if (!hasStarted || errorClass === 'runner_lost' || (state !== 'failed' && state !== 'timed_out')) {
    return new LoupeError('unavailable', message);
  }
  const isLockedOut = errorClass === 'permission' && errorCode !== insufficientPrivilege;
  if (state === 'failed' && (isLockedOut || unreached.includes(errorClass))) {
    return new LoupeError('connection', message);
  }
  return new LoupeError('invalid', message, { code: 'query_error' });
}
