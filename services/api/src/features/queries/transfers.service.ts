import { newId } from '@loupe/common/crypto';
import { notFound } from '@loupe/common/errors';
import { type Actor, checkDefinitions, type ExportedQuery, type QueryContent } from '@loupe/common/models';
import type { DatasourceRepository, QueryTransferRepository, Transaction } from '@loupe/common/repositories';
import { refuseProblems } from '../../http/field-rules';
import type { StatementRule } from '../../http/statement-rule';
import type { ImportOutcome, ImportRequest } from './transfers.contract';

interface TransferParts {
  queryTransfers: QueryTransferRepository;
  datasources: DatasourceRepository;
  statementRule: StatementRule;
  transaction: Transaction<{
    datasources: DatasourceRepository;
    queryTransfers: QueryTransferRepository;
  }>;
}

/** Queries by the many, out of an organization and into one. */
export interface TransferService {
  /** All queries of the organization, newest first, some at a time. */
  export(actor: Actor): AsyncIterable<ExportedQuery[]>;
  /** All or nothing. */
  import(actor: Actor, request: ImportRequest): Promise<ImportOutcome>;
}

export const createTransferService = ({
  queryTransfers,
  datasources,
  statementRule,
  transaction,
}: TransferParts): TransferService => ({
  export: (actor) => queryTransfers.exported(actor),
  async import(actor, { queries, datasourceId, skipDuplicates }) {
    const datasource = await datasources.find(actor, datasourceId);
    if (datasource === undefined) throw notFound('Datasource');
    refuseProblems(await problemsOf(queries, (sql) => statementRule(datasource, sql)));
    return transaction(async (repositories) => {
      if (!(await repositories.datasources.lockAgainstDelete(actor, datasourceId))) {
        throw notFound('Datasource');
      }
      const { kept, skippedNames } = skipDuplicates
        ? await withoutDuplicates(repositories.queryTransfers, actor, queries)
        : { kept: queries, skippedNames: [] };
      // Ids rise with time, and the export is newest first: so it lists these as they came.
      const added = kept.toReversed().map((query) => ({ ...query, id: newId() }));
      await repositories.queryTransfers.insertAll(actor, added, actor.userId);
      return { imported: added.length, skippedNames };
    });
  },
});

/** By the field of the request in which it stands. One after the other, so that a long import leaves a parser to others. */
async function problemsOf(
  queries: readonly QueryContent[],
  rule: (sql: string) => Promise<{ sql?: string }>,
): Promise<Record<string, string>> {
  const problems: Record<string, string> = {};
  for (const [i, { parameters, sql }] of queries.entries()) {
    const own = { ...checkDefinitions(parameters), ...(await rule(sql)) };
    for (const [field, words] of Object.entries(own)) problems[`queries[${i}].${field}`] = words;
  }
  return problems;
}

async function withoutDuplicates(
  queryTransfers: QueryTransferRepository,
  actor: Actor,
  queries: readonly QueryContent[],
): Promise<{ kept: QueryContent[]; skippedNames: string[] }> {
  // Else two imports of the same file at once would each find its names free.
  await queryTransfers.lockImports(actor);
  const names = queries.map(({ name }) => name);
  const taken = new Set(await queryTransfers.takenNames(actor, names));
  const kept: QueryContent[] = [];
  const skippedNames: string[] = [];
  for (const query of queries) {
    if (taken.has(query.name)) skippedNames.push(query.name);
    else kept.push(query);
    taken.add(query.name);
  }
  return { kept, skippedNames };
}
