import type { Datasource } from '@loupe/common/models';
import { listEnvelope } from '../../http/list-envelope';
import { listOf } from '../../http/response-fields';
import { defineRoute, type Route } from '../../http/route';
import {
  type ConnectionBody,
  createDatasourceBody,
  createDatasourceExample,
  datasourceAnswer,
  listDatasourcesQuery,
  presentDatasource,
  updateDatasourceBody,
} from './datasources.contract';
import type { DatasourceService } from './datasources.service';

const tag = 'Datasources';

const resource = 'Datasource';

const versionOf = ({ version }: Datasource): number => version;

const connectionOf = (body: ConnectionBody) => ({
  connectionString: body.connection_string,
  settings: body.settings,
});

export const datasourceRoutes = (service: DatasourceService): Route[] => [
  ...collectionRoutes(service),
  ...resourceRoutes(service),
];

const collectionRoutes = (service: DatasourceService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/datasources',
    tag,
    summary: 'List datasources',
    access: 'viewer',
    query: listDatasourcesQuery,
    status: 200,
    handle: async ({ actor, query }) => ({ page: await service.list(actor, query), query }),
    present: ({ page, query }) => listEnvelope(page, query, presentDatasource),
    response: listOf(datasourceAnswer),
  }),
  defineRoute({
    method: 'post',
    path: '/datasources',
    tag,
    summary: 'Create a datasource',
    description: 'Give either `connection_string` or `settings`. No connection is attempted.',
    access: 'admin',
    body: createDatasourceBody,
    status: 201,
    examples: { request: createDatasourceExample },
    handle: ({ actor, body }) =>
      service.create(actor, { name: body.name, type: body.ds_type, ...connectionOf(body) }),
    present: presentDatasource,
    response: datasourceAnswer,
    version: versionOf,
  }),
];

const resourceRoutes = (service: DatasourceService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/datasources/:id',
    tag,
    summary: 'Read a datasource',
    resource,
    access: 'viewer',
    status: 200,
    handle: ({ actor, params }) => service.find(actor, params.id),
    present: presentDatasource,
    response: datasourceAnswer,
    version: versionOf,
  }),
  defineRoute({
    method: 'put',
    path: '/datasources/:id',
    tag,
    summary: 'Change a datasource',
    description: 'Whoever changes host, port, user or TLS gives the secrets again.',
    resource,
    access: 'admin',
    body: updateDatasourceBody,
    takesIfMatch: true,
    status: 200,
    handle: ({ actor, params, body, ifMatch }) =>
      service.update(actor, params.id, { name: body.name, ...connectionOf(body), ifMatch }),
    present: presentDatasource,
    response: datasourceAnswer,
    version: versionOf,
  }),
  defineRoute({
    method: 'delete',
    path: '/datasources/:id',
    tag,
    summary: 'Delete a datasource and everything below it',
    resource,
    access: 'admin',
    status: 204,
    handle: ({ actor, params }) => service.delete(actor, params.id),
  }),
];
