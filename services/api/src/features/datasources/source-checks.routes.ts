import { defineRoute, type Route } from '../../http/route';
import { presentSchema, presentTest } from './source-checks.contract';
import type { SourceCheckService } from './source-checks.service';

const resource = 'Datasource';

export const sourceCheckRoutes = (service: SourceCheckService): Route[] => [
  defineRoute({
    method: 'post',
    path: '/datasources/:id/test',
    resource,
    access: 'viewer',
    status: 200,
    handle: ({ actor, params }) => service.test(actor, params.id),
    present: presentTest,
  }),
  defineRoute({
    method: 'get',
    path: '/datasources/:id/schema',
    resource,
    access: 'viewer',
    status: 200,
    handle: ({ actor, params }) => service.describe(actor, params.id),
    present: presentSchema,
  }),
];
