import { defineRoute, type Route } from '../../http/route';
import {
  connectionTestAnswer,
  presentSchema,
  presentTest,
  schemaTablesAnswer,
} from './source-checks.contract';
import type { SourceCheckService } from './source-checks.service';

const tag = 'Datasources';

const resource = 'Datasource';

export const sourceCheckRoutes = (service: SourceCheckService): Route[] => [
  defineRoute({
    method: 'post',
    path: '/datasources/:id/test',
    tag,
    summary: 'Try to connect',
    description: 'Answers 200 whether or not it works; `success` tells.',
    resource,
    access: 'viewer',
    status: 200,
    handle: ({ actor, params }) => service.test(actor, params.id),
    present: presentTest,
    response: connectionTestAnswer,
  }),
  defineRoute({
    method: 'get',
    path: '/datasources/:id/schema',
    tag,
    summary: 'List tables and columns',
    resource,
    access: 'viewer',
    status: 200,
    errors: ['query_error', 'connection', 'unavailable'],
    handle: ({ actor, params }) => service.describe(actor, params.id),
    present: presentSchema,
    response: schemaTablesAnswer,
  }),
];
