import Joi from 'joi';
import type { Dashboard, DashboardContent } from '@loupe/common/models';
import { description, opaqueObjects, resourceName, tags } from '../../http/field-rules';
import { listQuery } from '../../http/list-parameters';
import { sentFields } from '../../http/partial-change';
import {
  answer,
  countField,
  idField,
  listField,
  momentField,
  nullable,
  openField,
  tagsField,
  textField,
} from '../../http/response-fields';
import { presentTile, tileAnswer } from './tiles.contract';

// REST contract, section 2.8.

interface DashboardBody {
  name: string;
  description: string | null;
  parameters: Record<string, unknown>[];
  tags: string[];
}

const fields = {
  name: resourceName(),
  description: description(),
  parameters: opaqueObjects(),
  tags: tags(),
};

export const createDashboardBody = Joi.object<DashboardBody>({
  name: fields.name.required(),
  description: fields.description.default(null),
  parameters: fields.parameters.default([]),
  tags: fields.tags.default([]),
});

export const updateDashboardBody = Joi.object<Partial<DashboardBody>>(fields);

export const listDashboardsQuery = listQuery({
  sortable: ['name', 'created_at', 'updated_at'],
  searched: true,
  tagged: true,
});

export const contentOf = (body: DashboardBody): DashboardContent => ({
  name: body.name,
  description: body.description,
  parameters: body.parameters,
  tags: body.tags,
});

export const changeOf = (body: Partial<DashboardBody>): Partial<DashboardContent> =>
  sentFields<DashboardContent>({
    name: body.name,
    description: body.description,
    parameters: body.parameters,
    tags: body.tags,
  });

export const presentDashboard = (dashboard: Dashboard) => ({
  id: dashboard.id,
  org_id: dashboard.orgId,
  name: dashboard.name,
  description: dashboard.description,
  parameters: dashboard.parameters,
  tags: dashboard.tags,
  tiles: dashboard.tiles.map(presentTile),
  version: dashboard.version,
  created_by: dashboard.createdBy,
  created_at: dashboard.createdAt,
  updated_at: dashboard.updatedAt,
});

export const dashboardAnswer = answer(
  {
    id: idField(),
    org_id: idField(),
    name: textField(),
    description: nullable(textField()),
    parameters: listField(openField()),
    tags: tagsField(),
    tiles: listField(tileAnswer),
    version: countField(),
    created_by: idField(),
    created_at: momentField(),
    updated_at: momentField(),
  },
  'Dashboard',
);
