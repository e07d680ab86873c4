import { newId } from '@loupe/common/crypto';
import { notFound } from '@loupe/common/errors';
import { type Actor, checkDefinitions, type ExportedQuery, type QueryContent } from '@loupe/common/models';
import type { DatasourceRepository, QueryTransferRepository, Transaction } from '@loupe/common/repositories';
import { refuseProblems } from '../../http/field-rules';
import type { ImportOutcome, ImportRequest } from './transfers.contract';

interface TransferParts {
  queryTransfers: QueryTransferRepository;
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

export const createTransferService = ({ queryTransfers, transaction }: TransferParts): TransferService => ({
  export: (actor) => queryTransfers.exported(actor),
  async import(actor, { queries, datasourceId, skipDuplicates }) {
    refuseProblems(problemsOf(queries));
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

/** By the field of the request in which it stands. */
function problemsOf(queries: readonly QueryContent[]): Record<string, string> {
  const problems = queries.flatMap(({ parameters }, i) =>
    Object.entries(checkDefinitions(parameters)).map(([field, words]) => [`queries[${i}].${field}`, words]),
  );
  return Object.fromEntries(problems) as Record<string, string>;
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
