import Joi from 'joi';
import type { ExportedQuery, QueryContent } from '@loupe/common/models';
import { uuid } from '../../http/field-rules';
import { JsonStream } from '../../http/json-stream';
import { answer, countField, listField, nullable, textField } from '../../http/response-fields';
import {
  contentAnswer,
  type ContentBody,
  contentOf,
  newContentFields,
  presentContent,
} from './content.contract';

// REST contract, section 2.4.4: export and import.

const MAX_IMPORTED = 1_000;

interface ImportBody {
  queries: ContentBody[];
  datasource_id: string;
  skip_duplicates: boolean;
}

export interface ImportRequest {
  /** All go to one datasource, whichever they came from. */
  queries: QueryContent[];
  datasourceId: string;
  /** Queries whose name is taken, by another one or earlier in the request, are left out. */
  skipDuplicates: boolean;
}

export interface ImportOutcome {
  imported: number;
  /** Names of those that were left out, in their order. */
  skippedNames: string[];
}

export const importBody = Joi.object<ImportBody>({
  queries: Joi.array<ContentBody[]>()
    .empty(null)
    .items(Joi.object<ContentBody>(newContentFields).empty(null))
    .max(MAX_IMPORTED)
    .required(),
  datasource_id: uuid().required(),
  skip_duplicates: Joi.boolean().empty(null).default(true),
});

export const importOf = (body: ImportBody): ImportRequest => ({
  queries: body.queries.map((query) => ({ ...contentOf(query), datasourceId: body.datasource_id })),
  datasourceId: body.datasource_id,
  skipDuplicates: body.skip_duplicates,
});

export const presentImport = ({ imported, skippedNames }: ImportOutcome) => ({
  imported,
  skipped: skippedNames.length,
  skipped_names: skippedNames,
});

export const importAnswer = answer(
  { imported: countField(), skipped: countField(), skipped_names: listField(textField()) },
  'QueryImport',
);

const presentExported = (query: ExportedQuery) => ({
  ...presentContent(query),
  datasource_name: query.datasourceName,
});

/** A bare array, written as it is read. */
export const presentExport = (batches: AsyncIterable<ExportedQuery[]>): JsonStream =>
  new JsonStream(exportText(batches));

async function* exportText(batches: AsyncIterable<ExportedQuery[]>): AsyncGenerator<string> {
  // Kept back until the first queries are there: a store that fails at once still gets an answer that says so.
  let before = '[';
  for await (const queries of batches) {
    yield before + queries.map((query) => JSON.stringify(presentExported(query))).join(',');
    before = ',';
  }
  yield before === '[' ? '[]' : ']';
}

export const exportAnswer = listField(
  answer({ ...contentAnswer, datasource_name: nullable(textField()) }, 'ExportedQuery'),
);
