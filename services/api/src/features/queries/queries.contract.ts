import Joi from 'joi';
import {
  maxParameterDefinitions,
  type ParameterDefinition,
  type ParameterType,
  parameterTypes,
  type Query,
  type QueryContent,
  runLimits,
} from '@loupe/common/models';
import {
  anyJson,
  description,
  freeName,
  jsonOfAtMost,
  tags,
  text,
  uuid,
  wholeNumber,
} from '../../http/field-rules';
import { listQuery } from '../../http/list-parameters';
import { sentFields } from '../../http/partial-change';
import {
  answer,
  anyField,
  countField,
  flagField,
  idField,
  listField,
  momentField,
  nullable,
  oneOfField,
  tagsField,
  textField,
} from '../../http/response-fields';

// REST contract, section 2.4.

interface DefinitionBody {
  name: string;
  param_type: ParameterType;
  default: unknown;
  required: boolean;
}

interface QueryBody {
  datasource_id: string;
  name: string;
  description: string | null;
  sql: string;
  parameters: DefinitionBody[];
  timeout_seconds: number;
  max_rows: number;
  tags: string[];
}

export type CreateQueryBody = QueryBody;
export type UpdateQueryBody = Partial<QueryBody>;

const { timeoutSeconds, maxRows } = runLimits;

const MAX_DEFAULT_KIB = 8;
const MAX_PARAMETERS_KIB = 256;

const definition = Joi.object<DefinitionBody>({
  name: text({ min: 1, max: 255 }).required(),
  param_type: Joi.string()
    .valid(...parameterTypes)
    .required(),
  default: anyJson().custom(jsonOfAtMost(MAX_DEFAULT_KIB)).default(null),
  required: Joi.boolean().empty(null).default(false),
});

const fields = {
  datasource_id: uuid(),
  name: freeName(),
  description: description(),
  sql: text({ min: 1, max: 100_000, notBlank: true }),
  parameters: Joi.array<DefinitionBody[]>()
    .empty(null)
    .items(definition)
    .max(maxParameterDefinitions)
    .custom(jsonOfAtMost(MAX_PARAMETERS_KIB)),
  timeout_seconds: wholeNumber(timeoutSeconds.min, timeoutSeconds.max),
  max_rows: wholeNumber(maxRows.min, maxRows.max),
  tags: tags(),
};

export const createQueryBody = Joi.object<CreateQueryBody>({
  datasource_id: fields.datasource_id.required(),
  name: fields.name.required(),
  description: fields.description.default(null),
  sql: fields.sql.required(),
  parameters: fields.parameters.default([]),
  timeout_seconds: fields.timeout_seconds.default(timeoutSeconds.default),
  max_rows: fields.max_rows.default(maxRows.default),
  tags: fields.tags.default([]),
});

export const updateQueryBody = Joi.object<UpdateQueryBody>(fields);

export const listQueriesQuery = listQuery<{ datasourceId: string }>(
  {
    sortable: ['name', 'created_at', 'updated_at'],
    searched: true,
    tagged: true,
    filters: { datasource_id: uuid() },
  },
  { datasource_id: 'datasourceId' },
);

export const contentOf = (body: CreateQueryBody): QueryContent => ({
  datasourceId: body.datasource_id,
  name: body.name,
  description: body.description,
  sql: body.sql,
  parameters: body.parameters.map(definitionOf),
  timeoutSeconds: body.timeout_seconds,
  maxRows: body.max_rows,
  tags: body.tags,
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

const definitionOf = (body: DefinitionBody): ParameterDefinition => ({
  name: body.name,
  type: body.param_type,
  default: body.default,
  required: body.required,
});

export const presentQuery = (query: Query) => ({
  id: query.id,
  org_id: query.orgId,
  datasource_id: query.datasourceId,
  name: query.name,
  description: query.description,
  sql: query.sql,
  parameters: query.parameters.map(({ name, type, default: value, required }) => ({
    name,
    param_type: type,
    default: value,
    required,
  })),
  timeout_seconds: query.timeoutSeconds,
  max_rows: query.maxRows,
  tags: query.tags,
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
    name: textField(),
    description: nullable(textField()),
    sql: textField(),
    parameters: listField(
      answer(
        {
          name: textField(),
          param_type: oneOfField(parameterTypes),
          default: anyField(),
          required: flagField(),
        },
        'ParameterDefinition',
      ),
    ),
    timeout_seconds: countField(),
    max_rows: countField(),
    tags: tagsField(),
    version: countField(),
    created_by: idField(),
    created_at: momentField(),
    updated_at: momentField(),
  },
  'Query',
);
