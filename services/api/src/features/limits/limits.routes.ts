import { defineRoute, type Route } from '../../http/route';
import { limitBody, presentDatasourceLimit, presentLimits, presentUserLimit } from './limits.contract';
import type { LimitService } from './limits.service';

export const limitRoutes = (service: LimitService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/organizations/limits',
    access: 'viewer',
    status: 200,
    handle: ({ actor }) => service.view(actor),
    present: presentLimits,
  }),
  defineRoute({
    method: 'put',
    path: '/datasources/:id/limit',
    resource: 'Datasource',
    access: 'admin',
    body: limitBody,
    status: 200,
    handle: ({ actor, params, body }) =>
      service.setDatasource(actor, { id: params.id, maxRunning: body.max_running }),
    present: presentDatasourceLimit,
  }),
  defineRoute({
    method: 'put',
    path: '/organizations/users/:id/limit',
    resource: 'User',
    access: 'admin',
    body: limitBody,
    status: 200,
    handle: ({ actor, params, body }) =>
      service.setUser(actor, { id: params.id, maxRunning: body.max_running }),
    present: presentUserLimit,
  }),
];
