import Joi from 'joi';
import type { Query, QueryContent } from '@loupe/common/models';
import { uuid } from '../../http/field-rules';
import { listQuery } from '../../http/list-parameters';
import { sentFields } from '../../http/partial-change';
import { answer, countField, idField, momentField } from '../../http/response-fields';
import {
  contentAnswer,
  type ContentBody,
  contentFields,
  contentOf,
  newContentFields,
  presentContent,
} from './content.contract';
import { definitionOf } from './definitions.contract';

// REST contract, section 2.4.

export interface CreateQueryBody extends ContentBody {
  datasource_id: string;
}

export type UpdateQueryBody = Partial<CreateQueryBody>;

export const createQueryBody = Joi.object<CreateQueryBody>({
  datasource_id: uuid().required(),
  ...newContentFields,
});

export const updateQueryBody = Joi.object<UpdateQueryBody>({ datasource_id: uuid(), ...contentFields });

export const listQueriesQuery = listQuery<{ datasourceId: string }>(
  {
    sortable: ['name', 'created_at', 'updated_at'],
    searched: true,
    tagged: true,
    filters: { datasource_id: uuid() },
  },
  { datasource_id: 'datasourceId' },
);

export const newQueryOf = (body: CreateQueryBody): QueryContent => ({
  ...contentOf(body),
  datasourceId: body.datasource_id,
});

export const changeOf = (body: UpdateQueryBody): Partial<QueryContent> =>
  sentFields<QueryContent>({
    datasourceId: body.datasource_id,
    name: body.name,
    description: body.description,
    sql: body.sql,
    parameters: body.parameters?.map(definitionOf),
    timeoutSeconds: body.timeout_seconds,
    maxRows: body.max_rows,
    tags: body.tags,
  });

export const presentQuery = (query: Query) => ({
  id: query.id,
  org_id: query.orgId,
  datasource_id: query.datasourceId,
  ...presentContent(query),
  version: query.version,
  created_by: query.createdBy,
  created_at: query.createdAt,
  updated_at: query.updatedAt,
});

export const queryAnswer = answer(
  {
    id: idField(),
    org_id: idField(),
    datasource_id: idField(),
    ...contentAnswer,
    version: countField(),
    created_by: idField(),
    created_at: momentField(),
    updated_at: momentField(),
  },
  'Query',
);
