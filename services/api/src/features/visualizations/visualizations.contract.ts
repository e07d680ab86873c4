import Joi from 'joi';
import {
  type ChartType,
  chartTypes,
  type Visualization,
  type VisualizationContent,
} from '@loupe/common/models';
import { oneOf, opaqueObject, resourceName, tags, uuid } from '../../http/field-rules';
import { listQuery } from '../../http/list-parameters';
import { sentFields } from '../../http/partial-change';
import {
  answer,
  countField,
  idField,
  momentField,
  oneOfField,
  openField,
  tagsField,
  textField,
} from '../../http/response-fields';

// REST contract, section 2.7.

interface VisualizationBody {
  query_id: string;
  name: string;
  chart_type: ChartType;
  config: Record<string, unknown>;
  tags: string[];
}

const fields = {
  query_id: uuid(),
  name: resourceName(),
  chart_type: oneOf(chartTypes),
  config: opaqueObject(),
  tags: tags(),
};

export const createVisualizationBody = Joi.object<VisualizationBody>({
  query_id: fields.query_id.required(),
  name: fields.name.required(),
  chart_type: fields.chart_type.required(),
  config: fields.config.default({}),
  tags: fields.tags.default([]),
});

export const updateVisualizationBody = Joi.object<Partial<VisualizationBody>>(fields);

export const listVisualizationsQuery = listQuery<{ queryId: string }>(
  {
    sortable: ['name', 'created_at', 'updated_at'],
    searched: true,
    tagged: true,
    filters: { query_id: uuid() },
  },
  { query_id: 'queryId' },
);

export const contentOf = (body: VisualizationBody): VisualizationContent => ({
  queryId: body.query_id,
  name: body.name,
  chartType: body.chart_type,
  config: body.config,
  tags: body.tags,
});

export const changeOf = (body: Partial<VisualizationBody>): Partial<VisualizationContent> =>
  sentFields<VisualizationContent>({
    queryId: body.query_id,
    name: body.name,
    chartType: body.chart_type,
    config: body.config,
    tags: body.tags,
  });

export const presentVisualization = (visualization: Visualization) => ({
  id: visualization.id,
  org_id: visualization.orgId,
  query_id: visualization.queryId,
  name: visualization.name,
  chart_type: visualization.chartType,
  config: visualization.config,
  tags: visualization.tags,
  version: visualization.version,
  created_by: visualization.createdBy,
  created_at: visualization.createdAt,
  updated_at: visualization.updatedAt,
});

export const visualizationAnswer = answer(
  {
    id: idField(),
    org_id: idField(),
    query_id: idField(),
    name: textField(),
    chart_type: oneOfField(chartTypes),
    config: openField(),
    tags: tagsField(),
    version: countField(),
    created_by: idField(),
    created_at: momentField(),
    updated_at: momentField(),
  },
  'Visualization',
);
