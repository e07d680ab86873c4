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
import type { DashboardReader } from './dashboards.reader';
import type { DashboardService } from './dashboards.service';

const tag = 'Dashboards';

const resource = 'Dashboard';

const versionOf = ({ version }: { version: number }): number => version;

export const dashboardRoutes = (service: DashboardService, reader: DashboardReader): Route[] => [
  ...collectionRoutes(service, reader),
  ...resourceRoutes(service, reader),
];

const collectionRoutes = (service: DashboardService, reader: DashboardReader): Route[] => [
  defineRoute({
    method: 'get',
    path: '/dashboards',
    tag,
    summary: 'List dashboards with their tiles',
    access: 'viewer',
    query: listDashboardsQuery,
    status: 200,
    handle: ({ actor, query }) => reader.list(actor, query),
    present: (body) => body,
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

const resourceRoutes = (service: DashboardService, reader: DashboardReader): Route[] => [
  defineRoute({
    method: 'get',
    path: '/dashboards/:id',
    tag,
    summary: 'Read a dashboard with its tiles',
    resource,
    access: 'viewer',
    status: 200,
    handle: ({ actor, params }) => reader.find(actor, params.id),
    present: ({ body }) => body,
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
