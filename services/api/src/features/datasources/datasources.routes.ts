import { listEnvelope } from '../../http/list-envelope';
import { defineRoute, type Route } from '../../http/route';
import {
  type ConnectionBody,
  createDatasourceBody,
  listDatasourcesQuery,
  presentDatasource,
  updateDatasourceBody,
} from './datasources.contract';
import type { DatasourceService } from './datasources.service';

const resource = 'Datasource';

const connectionOf = (body: ConnectionBody) => ({
  connectionString: body.connection_string,
  settings: body.settings,
});

export const datasourceRoutes = (service: DatasourceService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/datasources',
    access: 'viewer',
    query: listDatasourcesQuery,
    status: 200,
    handle: async ({ actor, query }) => ({ page: await service.list(actor, query), query }),
    present: ({ page, query }) => listEnvelope(page, query, presentDatasource),
  }),
  defineRoute({
    method: 'post',
    path: '/datasources',
    access: 'admin',
    body: createDatasourceBody,
    status: 201,
    handle: ({ actor, body }) =>
      service.create(actor, { name: body.name, type: body.ds_type, ...connectionOf(body) }),
    present: presentDatasource,
  }),
  defineRoute({
    method: 'get',
    path: '/datasources/:id',
    resource,
    access: 'viewer',
    status: 200,
    handle: ({ actor, params }) => service.find(actor, params.id),
    present: presentDatasource,
  }),
  defineRoute({
    method: 'put',
    path: '/datasources/:id',
    resource,
    access: 'admin',
    body: updateDatasourceBody,
    status: 200,
    handle: ({ actor, params, body }) =>
      service.update(actor, params.id, { name: body.name, ...connectionOf(body) }),
    present: presentDatasource,
  }),
  defineRoute({
    method: 'delete',
    path: '/datasources/:id',
    resource,
    access: 'admin',
    status: 204,
    handle: ({ actor, params }) => service.delete(actor, params.id),
  }),
];
