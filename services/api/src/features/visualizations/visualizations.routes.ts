import type { Visualization } from '@loupe/common/models';
import { listEnvelope } from '../../http/list-envelope';
import { listOf } from '../../http/response-fields';
import { defineRoute, type Route } from '../../http/route';
import {
  changeOf,
  contentOf,
  createVisualizationBody,
  listVisualizationsQuery,
  presentVisualization,
  updateVisualizationBody,
  visualizationAnswer,
} from './visualizations.contract';
import type { VisualizationService } from './visualizations.service';

const tag = 'Visualizations';

const resource = 'Visualization';

const versionOf = ({ version }: Visualization): number => version;

export const visualizationRoutes = (service: VisualizationService): Route[] => [
  ...collectionRoutes(service),
  ...resourceRoutes(service),
];

const collectionRoutes = (service: VisualizationService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/visualizations',
    tag,
    summary: 'List visualizations',
    access: 'viewer',
    query: listVisualizationsQuery,
    status: 200,
    handle: async ({ actor, query }) => ({ page: await service.list(actor, query), query }),
    present: ({ page, query }) => listEnvelope(page, query, presentVisualization),
    response: listOf(visualizationAnswer),
  }),
  defineRoute({
    method: 'post',
    path: '/visualizations',
    tag,
    summary: 'Create a visualization of a query',
    access: 'editor',
    body: createVisualizationBody,
    status: 201,
    errors: ['not_found'],
    examples: {
      request: {
        query_id: '01936f5e-3f00-7000-8000-000000000001',
        name: 'Sales by month',
        chart_type: 'line',
        config: { x_axis: 'month', y_axis: ['sales'] },
      },
    },
    handle: ({ actor, body }) => service.create(actor, contentOf(body)),
    present: presentVisualization,
    response: visualizationAnswer,
    version: versionOf,
  }),
];

const resourceRoutes = (service: VisualizationService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/visualizations/:id',
    tag,
    summary: 'Read a visualization',
    resource,
    access: 'viewer',
    status: 200,
    handle: ({ actor, params }) => service.find(actor, params.id),
    present: presentVisualization,
    response: visualizationAnswer,
    version: versionOf,
  }),
  defineRoute({
    method: 'put',
    path: '/visualizations/:id',
    tag,
    summary: 'Change a visualization',
    description: 'Absent fields stay; `config` is replaced as a whole.',
    resource,
    access: 'editor',
    body: updateVisualizationBody,
    takesIfMatch: true,
    status: 200,
    handle: ({ actor, params, body, ifMatch }) =>
      service.update(actor, params.id, { change: changeOf(body), ifMatch }),
    present: presentVisualization,
    response: visualizationAnswer,
    version: versionOf,
  }),
  defineRoute({
    method: 'delete',
    path: '/visualizations/:id',
    tag,
    summary: 'Delete a visualization and its tiles',
    resource,
    access: 'editor',
    status: 204,
    handle: ({ actor, params }) => service.delete(actor, params.id),
  }),
];
