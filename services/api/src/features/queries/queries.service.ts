import { announceCancel } from '@loupe/common/commands';
import { newId } from '@loupe/common/crypto';
import { notFound } from '@loupe/common/errors';
import type { CancelPublisher } from '@loupe/common/events';
import { type Actor, checkDefinitions, type Page, type Query, type QueryContent } from '@loupe/common/models';
import type {
  DatasourceRepository,
  QueryListRequest,
  QueryRepository,
  RunRepository,
  Transaction,
} from '@loupe/common/repositories';
import { refuseProblems } from '../../http/field-rules';
import { changesNothing, type Update } from '../../http/partial-change';
import { requireMatch } from '../../http/preconditions';
import type { StatementRule } from '../../http/statement-rule';

interface QueryParts {
  queries: QueryRepository;
  datasources: DatasourceRepository;
  statementRule: StatementRule;
  transaction: Transaction<{
    queries: QueryRepository;
    datasources: DatasourceRepository;
    runs: RunRepository;
  }>;
  cancellations: CancelPublisher;
}

export interface QueryService {
  list(actor: Actor, request: QueryListRequest): Promise<Page<Query>>;
  find(actor: Actor, id: string): Promise<Query>;
  create(actor: Actor, content: QueryContent): Promise<Query>;
  /** Absent fields stay; a change that changes nothing makes no version and moves no time. */
  update(actor: Actor, id: string, update: Update<QueryContent>): Promise<Query>;
  /** The same for what was saved before: a statement that was accepted then is not judged anew. */
  putBack(actor: Actor, id: string, update: Update<QueryContent>): Promise<Query>;
  /** Lets versions run again that were blocked because they killed what executed them. */
  acknowledge(actor: Actor, id: string): Promise<Query>;
  /** Its id answers `not_found` from then on, and its live runs are asked to end. */
  delete(actor: Actor, id: string): Promise<void>;
}

export function createQueryService(parts: QueryParts): QueryService {
  const { queries, transaction, cancellations } = parts;
  return {
    list: (actor, request) => queries.list(actor, request),
    async find(actor, id) {
      return found(await queries.find(actor, id));
    },
    async create(actor, content) {
      const problems = checkDefinitions(content.parameters);
      refuseProblems({ ...problems, ...(await statementProblems(parts, actor, content)) });
      return transaction(async (repositories) => {
        // Held until the commit: a datasource that is deleted meanwhile would leave a query without one.
        if (!(await repositories.datasources.lockAgainstDelete(actor, content.datasourceId))) {
          throw notFound('Datasource');
        }
        return repositories.queries.insert(actor, { ...content, id: newId(), createdBy: actor.userId });
      });
    },
    async update(actor, id, update) {
      refuseProblems(await problemsOfChange(parts, actor, { id, change: update.change }));
      return save(parts, actor, { id, ...update });
    },
    putBack: (actor, id, update) => save(parts, actor, { id, ...update }),
    async acknowledge(actor, id) {
      const query = found(await queries.find(actor, id));
      await queries.acknowledge(actor, { id, userId: actor.userId });
      return query;
    },
    async delete(actor, id) {
      const executing = await transaction(async (repositories) => {
        if (!(await repositories.queries.delete(actor, id))) throw notFound('Query');
        return repositories.runs.cancelOfQuery(actor, { queryId: id, userId: actor.userId });
      });
      announceCancel(cancellations, executing);
    },
  };
}

async function statementProblems(
  { datasources, statementRule }: QueryParts,
  actor: Actor,
  { datasourceId, sql }: Pick<QueryContent, 'datasourceId' | 'sql'>,
): Promise<{ sql?: string }> {
  const datasource = await datasources.find(actor, datasourceId);
  if (datasource === undefined) throw notFound('Datasource');
  return statementRule(datasource, sql);
}

/** A statement that stays is not judged: it was, when it came. */
async function problemsOfChange(
  parts: QueryParts,
  actor: Actor,
  { id, change }: { id: string; change: Partial<QueryContent> },
): Promise<Record<string, string>> {
  const problems = change.parameters === undefined ? {} : checkDefinitions(change.parameters);
  const { sql } = change;
  if (sql === undefined) return problems;
  const before = found(await parts.queries.find(actor, id));
  if (sql === before.sql) return problems;
  return { ...problems, ...(await statementProblems(parts, actor, { ...before, ...change })) };
}

const save = (
  { transaction }: QueryParts,
  actor: Actor,
  { id, change, ifMatch }: Update<QueryContent> & { id: string },
): Promise<Query> =>
  transaction(async (repositories) => {
    const { datasourceId } = change;
    // The datasource first, as a delete of it does: two transactions that lock in one order never wait in a circle.
    const isThere =
      datasourceId === undefined || (await repositories.datasources.lockAgainstDelete(actor, datasourceId));
    const before = found(await repositories.queries.findForUpdate(actor, id));
    if (!isThere) throw notFound('Datasource');
    requireMatch(ifMatch, before.version);
    if (changesNothing<QueryContent>(before, change)) return before;
    const saved = { ...before, ...change, savedBy: actor.userId };
    return found(await repositories.queries.update(actor, saved));
  });

function found(query: Query | undefined): Query {
  if (query === undefined) throw notFound('Query');
  return query;
}
