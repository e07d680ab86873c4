import { listEnvelope } from '../../http/list-envelope';
import { defineRoute, type Route } from '../../http/route';
import {
  changeOf,
  contentOf,
  createQueryBody,
  listQueriesQuery,
  presentQuery,
  updateQueryBody,
} from './queries.contract';
import type { QueryService } from './queries.service';

const resource = 'Query';

export const queryRoutes = (service: QueryService): Route[] => [
  ...collectionRoutes(service),
  ...resourceRoutes(service),
];

const collectionRoutes = (service: QueryService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/queries',
    access: 'viewer',
    query: listQueriesQuery,
    status: 200,
    handle: async ({ actor, query }) => ({ page: await service.list(actor, query), query }),
    present: ({ page, query }) => listEnvelope(page, query, presentQuery),
  }),
  defineRoute({
    method: 'post',
    path: '/queries',
    access: 'editor',
    body: createQueryBody,
    status: 201,
    handle: ({ actor, body }) => service.create(actor, contentOf(body)),
    present: presentQuery,
  }),
];

const resourceRoutes = (service: QueryService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/queries/:id',
    resource,
    access: 'viewer',
    status: 200,
    handle: ({ actor, params }) => service.find(actor, params.id),
    present: presentQuery,
  }),
  defineRoute({
    method: 'put',
    path: '/queries/:id',
    resource,
    access: 'editor',
    body: updateQueryBody,
    status: 200,
    handle: ({ actor, params, body }) => service.update(actor, params.id, changeOf(body)),
    present: presentQuery,
  }),
  defineRoute({
    method: 'post',
    path: '/queries/:id/acknowledge',
    resource,
    access: 'editor',
    status: 200,
    handle: ({ actor, params }) => service.acknowledge(actor, params.id),
    present: presentQuery,
  }),
  defineRoute({
    method: 'delete',
    path: '/queries/:id',
    resource,
    access: 'editor',
    status: 204,
    handle: ({ actor, params }) => service.delete(actor, params.id),
  }),
];
