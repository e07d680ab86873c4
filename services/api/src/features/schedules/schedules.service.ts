import { isDeepStrictEqual } from 'node:util';
import { blockedVersion, type Dispatcher, insertRun } from '@loupe/common/commands';
import { newId } from '@loupe/common/crypto';
import { isPassing } from '@loupe/common/db';
import { notFound } from '@loupe/common/errors';
import type { Actor, Page, Run, Schedule, ScheduleContent } from '@loupe/common/models';
import type {
  FoundQuery,
  QueryRepository,
  RunRepository,
  ScheduleListRequest,
  ScheduleRepository,
  Transaction,
} from '@loupe/common/repositories';
import { bindParameters } from '@loupe/common/sql';
import { changesNothing } from '../../http/partial-change';
import { type IfMatch, requireMatch } from '../../http/preconditions';
import { checkExpression, nextRunAt } from './next-run';

interface ScheduleRepositories {
  schedules: ScheduleRepository;
  queries: QueryRepository;
  runs: RunRepository;
}

interface ScheduleParts extends ScheduleRepositories {
  transaction: Transaction<ScheduleRepositories>;
  dispatcher: Pick<Dispatcher, 'dispatch'>;
  minIntervalSeconds: number;
  /** Seconds a triggered run may wait to begin. */
  scheduledDeadlineSeconds: number;
  /** Runs of one organization that may wait. */
  maxQueuedPerOrg: number;
}

export interface ScheduleUpdate {
  change: Partial<ScheduleContent>;
  ifMatch?: IfMatch;
}

export interface ScheduleService {
  list(actor: Actor, request: ScheduleListRequest): Promise<Page<Schedule>>;
  find(actor: Actor, id: string): Promise<Schedule>;
  create(actor: Actor, content: ScheduleContent): Promise<Schedule>;
  /** Absent fields stay; a change that changes nothing makes no version and moves no time. */
  update(actor: Actor, id: string, request: ScheduleUpdate): Promise<Schedule>;
  /** A run of it now, enabled or not; its next time stays. */
  trigger(actor: Actor, id: string): Promise<Run>;
  /** What it has started goes on. */
  delete(actor: Actor, id: string): Promise<void>;
}

export function createScheduleService(parts: ScheduleParts): ScheduleService {
  const { schedules, transaction, minIntervalSeconds } = parts;
  return {
    list: (actor, request) => schedules.list(actor, request),
    async find(actor, id) {
      return found(await schedules.find(actor, id));
    },
    create: (actor, content) => {
      checkExpression(content.cronExpression, minIntervalSeconds);
      return transaction(async (repositories) => {
        // Held until the commit: a query that is deleted meanwhile would leave a schedule without one.
        await lockQuery(repositories, actor, content.queryId);
        await checkParameters(repositories, actor, content);
        return repositories.schedules.insert(actor, {
          ...content,
          id: newId(),
          createdBy: actor.userId,
          nextRunAt: await nextRunAt(repositories.schedules, content),
        });
      });
    },
    update: (actor, id, request) =>
      transaction((repositories) => update(repositories, actor, { id, ...request, minIntervalSeconds })),
    trigger: (actor, id) => trigger(parts, actor, id),
    delete: (actor, id) =>
      transaction(async (repositories) => {
        if (!(await repositories.schedules.delete(actor, id))) throw notFound('Schedule');
      }),
  };
}

async function update(
  repositories: ScheduleRepositories,
  actor: Actor,
  { id, change, ifMatch, minIntervalSeconds }: ScheduleUpdate & { id: string; minIntervalSeconds: number },
): Promise<Schedule> {
  const { queryId } = change;
  // The query first, as a delete of it does: two transactions that lock in one order never wait in a circle.
  const isThere = queryId === undefined || (await repositories.queries.lockAgainstDelete(actor, queryId));
  const before = found(await repositories.schedules.findForUpdate(actor, id));
  if (!isThere) throw notFound('Query');
  requireMatch(ifMatch, before.version);
  if (changesNothing<ScheduleContent>(before, change)) return before;
  const content = { ...before, ...change };
  // One that stays is not judged: what an operator allows may have changed since.
  if (content.cronExpression !== before.cronExpression)
    checkExpression(content.cronExpression, minIntervalSeconds);
  const isBoundAnew =
    content.queryId !== before.queryId || !isDeepStrictEqual(content.parameters, before.parameters);
  // The query may have got other parameters since: that keeps nobody from a new name, or from disabling.
  if (isBoundAnew) await checkParameters(repositories, actor, content);
  const next = await nextRunAt(repositories.schedules, content, before);
  return found(await repositories.schedules.update(actor, { ...content, nextRunAt: next }));
}

async function trigger(parts: ScheduleParts, actor: Actor, id: string): Promise<Run> {
  const insert = (): Promise<Run> =>
    parts.transaction((repositories) => insertTriggered(parts, repositories, { actor, id }));
  // A fire of the same schedule locks in another order, and one of the two may have to give way.
  const run = await insert().catch((error: unknown) => {
    if (isPassing(error)) return insert();
    throw error;
  });
  parts.dispatcher.dispatch();
  return run;
}

async function insertTriggered(
  { scheduledDeadlineSeconds, maxQueuedPerOrg }: ScheduleParts,
  repositories: ScheduleRepositories,
  { actor, id }: { actor: Actor; id: string },
): Promise<Run> {
  const schedule = found(await repositories.schedules.find(actor, id));
  const query = await findQuery(repositories, actor, schedule.queryId);
  if (query.isBlocked) throw blockedVersion();
  const run = await insertRun(repositories.runs, {
    actor,
    origin: 'trigger',
    scheduleId: id,
    datasourceId: query.datasourceId,
    query,
    sql: query.sql,
    definitions: query.parameters,
    values: schedule.parameters,
    timeoutSeconds: query.timeoutSeconds,
    maxRows: query.maxRows,
    queueDeadlineSeconds: scheduledDeadlineSeconds,
    maxQueuedPerOrg,
  });
  if (!(await repositories.schedules.recordRun(actor, id))) throw notFound('Schedule');
  return run;
}

async function lockQuery({ queries }: ScheduleRepositories, actor: Actor, id: string): Promise<void> {
  if (!(await queries.lockAgainstDelete(actor, id))) throw notFound('Query');
}

/** Throws for a schedule none of whose runs could begin: what its fires would say otherwise, it is told at once. */
async function checkParameters(
  repositories: ScheduleRepositories,
  actor: Actor,
  { queryId, parameters }: ScheduleContent,
): Promise<void> {
  const { sql, parameters: definitions } = await findQuery(repositories, actor, queryId);
  bindParameters({ sql, definitions, values: parameters });
}

async function findQuery({ queries }: ScheduleRepositories, actor: Actor, id: string): Promise<FoundQuery> {
  const query = await queries.find(actor, id);
  if (query === undefined) throw notFound('Query');
  return query;
}

function found(schedule: Schedule | undefined): Schedule {
  if (schedule === undefined) throw notFound('Schedule');
  return schedule;
}
