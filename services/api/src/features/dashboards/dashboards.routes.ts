import type { Dashboard } from '@loupe/common/models';
import { listEnvelope } from '../../http/list-envelope';
import { listOf } from '../../http/response-fields';
import { defineRoute, type Route } from '../../http/route';
import {
  changeOf,
  contentOf,
  createDashboardBody,
  dashboardAnswer,
  listDashboardsQuery,
  presentDashboard,
  updateDashboardBody,
} from './dashboards.contract';
import type { DashboardService } from './dashboards.service';

const tag = 'Dashboards';

const resource = 'Dashboard';

const versionOf = ({ version }: Dashboard): number => version;

export const dashboardRoutes = (service: DashboardService): Route[] => [
  ...collectionRoutes(service),
  ...resourceRoutes(service),
];

const collectionRoutes = (service: DashboardService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/dashboards',
    tag,
    summary: 'List dashboards with their tiles',
    access: 'viewer',
    query: listDashboardsQuery,
    status: 200,
    handle: async ({ actor, query }) => ({ page: await service.list(actor, query), query }),
    present: ({ page, query }) => listEnvelope(page, query, presentDashboard),
    response: listOf(dashboardAnswer),
  }),
  defineRoute({
    method: 'post',
    path: '/dashboards',
    tag,
    summary: 'Create a dashboard',
    access: 'editor',
    body: createDashboardBody,
    status: 201,
    handle: ({ actor, body }) => service.create(actor, contentOf(body)),
    present: presentDashboard,
    response: dashboardAnswer,
    version: versionOf,
  }),
];

const resourceRoutes = (service: DashboardService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/dashboards/:id',
    tag,
    summary: 'Read a dashboard with its tiles',
    resource,
    access: 'viewer',
    status: 200,
    handle: ({ actor, params }) => service.find(actor, params.id),
    present: presentDashboard,
    response: dashboardAnswer,
    version: versionOf,
  }),
  defineRoute({
    method: 'put',
    path: '/dashboards/:id',
    tag,
    summary: 'Change a dashboard',
    description:
      'Absent fields stay; `parameters` are replaced as a whole. Tiles have requests of their own.',
    resource,
    access: 'editor',
    body: updateDashboardBody,
    takesIfMatch: true,
    status: 200,
    handle: ({ actor, params, body, ifMatch }) =>
      service.update(actor, params.id, { change: changeOf(body), ifMatch }),
    present: presentDashboard,
    response: dashboardAnswer,
    version: versionOf,
  }),
  defineRoute({
    method: 'delete',
    path: '/dashboards/:id',
    tag,
    summary: 'Delete a dashboard and its tiles',
    resource,
    access: 'editor',
    status: 204,
    handle: ({ actor, params }) => service.delete(actor, params.id),
  }),
];
