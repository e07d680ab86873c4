import Joi from 'joi';
import type { QueryVersion } from '@loupe/common/models';
import { listQuery } from '../../http/list-parameters';
import {
  answer,
  anyField,
  countField,
  idField,
  momentField,
  nullable,
  textField,
} from '../../http/response-fields';
import { contentAnswer, presentContent } from './content.contract';
import { changedFields, unifiedDiff } from './version-diff';

/** What two versions of a query are compared by; the names are the API's. */
const comparable = ({ content }: QueryVersion) => ({
  datasource_id: content.datasourceId,
  ...presentContent(content),
});

export const presentVersion = (version: QueryVersion) => ({
  query_id: version.queryId,
  version: version.version,
  ...comparable(version),
  created_by: version.createdBy,
  created_at: version.createdAt,
});

export const versionAnswer = answer(
  {
    query_id: idField(),
    version: countField(),
    datasource_id: idField(),
    ...contentAnswer,
    created_by: idField(),
    created_at: momentField(),
  },
  'QueryVersion',
);

export const listVersionsQuery = listQuery({ sortable: ['created_at'], updatable: false });

const versionNumber = () => Joi.number<number>().integer().min(1).max(999_999_999).required();

export const compareVersionsQuery = Joi.object<{ from: number; to: number }>({
  from: versionNumber(),
  to: versionNumber(),
});

export const presentComparison = ({ from, to }: { from: QueryVersion; to: QueryVersion }) => ({
  query_id: to.queryId,
  from: from.version,
  to: to.version,
  changes: changedFields(comparable(from), comparable(to)),
  sql_diff: unifiedDiff(
    { name: `version ${from.version}`, text: from.content.sql },
    { name: `version ${to.version}`, text: to.content.sql },
  ),
});

const change = () => answer({ from: anyField(), to: anyField() }).optional();

export const comparisonAnswer = answer(
  {
    query_id: idField(),
    from: countField(),
    to: countField(),
    changes: answer(
      Object.fromEntries(['datasource_id', ...Object.keys(contentAnswer)].map((field) => [field, change()])),
    ),
    sql_diff: nullable(textField()),
  },
  'QueryVersionComparison',
);
