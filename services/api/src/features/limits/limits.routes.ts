import { defineRoute, type Route } from '../../http/route';
import {
  datasourceLimitAnswer,
  limitBody,
  limitsAnswer,
  presentDatasourceLimit,
  presentLimits,
  presentUserLimit,
  userLimitAnswer,
} from './limits.contract';
import type { LimitService } from './limits.service';

const tag = 'Limits';

export const limitRoutes = (service: LimitService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/organizations/limits',
    tag,
    summary: 'Read the limits in force',
    access: 'viewer',
    status: 200,
    handle: ({ actor }) => service.view(actor),
    present: presentLimits,
    response: limitsAnswer,
  }),
  defineRoute({
    method: 'put',
    path: '/datasources/:id/limit',
    tag,
    summary: 'Set how many runs of a datasource may be active',
    description: '`null` goes back to the default.',
    resource: 'Datasource',
    access: 'admin',
    body: limitBody,
    status: 200,
    handle: ({ actor, params, body }) =>
      service.setDatasource(actor, { id: params.id, maxRunning: body.max_running }),
    present: presentDatasourceLimit,
    response: datasourceLimitAnswer,
  }),
  defineRoute({
    method: 'put',
    path: '/organizations/users/:id/limit',
    tag,
    summary: 'Set how many runs of a user may be active',
    description: '`null` goes back to the default.',
    resource: 'User',
    access: 'admin',
    body: limitBody,
    status: 200,
    handle: ({ actor, params, body }) =>
      service.setUser(actor, { id: params.id, maxRunning: body.max_running }),
    present: presentUserLimit,
    response: userLimitAnswer,
  }),
];
