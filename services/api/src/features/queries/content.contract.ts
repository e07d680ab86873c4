import type { QueryContent } from '@loupe/common/models';
import { runLimits } from '@loupe/common/models';
import { description, freeName, tags, text, wholeNumber } from '../../http/field-rules';
import { countField, nullable, tagsField, textField } from '../../http/response-fields';
import {
  type DefinitionBody,
  definitionOf,
  definitions,
  definitionsAnswer,
  presentDefinition,
} from './definitions.contract';

// What a query, its versions and its export have in common (REST contract, section 2.4.2): all but the datasource.

export interface ContentBody {
  name: string;
  description: string | null;
  sql: string;
  parameters: DefinitionBody[];
  timeout_seconds: number;
  max_rows: number;
  tags: string[];
}

type Content = Omit<QueryContent, 'datasourceId'>;

const { timeoutSeconds, maxRows } = runLimits;

export const contentFields = {
  name: freeName(),
  description: description(),
  sql: text({ min: 1, max: 100_000, notBlank: true }),
  parameters: definitions(),
  timeout_seconds: wholeNumber(timeoutSeconds.min, timeoutSeconds.max),
  max_rows: wholeNumber(maxRows.min, maxRows.max),
  tags: tags(),
};

export const newContentFields = {
  name: contentFields.name.required(),
  description: contentFields.description.default(null),
  sql: contentFields.sql.required(),
  parameters: contentFields.parameters.default([]),
  timeout_seconds: contentFields.timeout_seconds.default(timeoutSeconds.default),
  max_rows: contentFields.max_rows.default(maxRows.default),
  tags: contentFields.tags.default([]),
};

export const contentOf = (body: ContentBody): Content => ({
  name: body.name,
  description: body.description,
  sql: body.sql,
  parameters: body.parameters.map(definitionOf),
  timeoutSeconds: body.timeout_seconds,
  maxRows: body.max_rows,
  tags: body.tags,
});

export const presentContent = (content: Content) => ({
  name: content.name,
  description: content.description,
  sql: content.sql,
  parameters: content.parameters.map(presentDefinition),
  timeout_seconds: content.timeoutSeconds,
  max_rows: content.maxRows,
  tags: content.tags,
});

export const contentAnswer = {
  name: textField(),
  description: nullable(textField()),
  sql: textField(),
  parameters: definitionsAnswer,
  timeout_seconds: countField(),
  max_rows: countField(),
  tags: tagsField(),
};
