import type { Query } from '@loupe/common/models';
import { listEnvelope } from '../../http/list-envelope';
import { listOf } from '../../http/response-fields';
import { defineRoute, type Route } from '../../http/route';
import {
  changeOf,
  createQueryBody,
  listQueriesQuery,
  newQueryOf,
  presentQuery,
  queryAnswer,
  updateQueryBody,
} from './queries.contract';
import type { QueryService } from './queries.service';

const tag = 'Queries';

const resource = 'Query';

const versionOf = ({ version }: Query): number => version;

export const queryRoutes = (service: QueryService): Route[] => [
  ...collectionRoutes(service),
  ...resourceRoutes(service),
  acknowledgeRoute(service),
];

const collectionRoutes = (service: QueryService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/queries',
    tag,
    summary: 'List queries',
    access: 'viewer',
    query: listQueriesQuery,
    status: 200,
    handle: async ({ actor, query }) => ({ page: await service.list(actor, query), query }),
    present: ({ page, query }) => listEnvelope(page, query, presentQuery),
    response: listOf(queryAnswer),
  }),
  defineRoute({
    method: 'post',
    path: '/queries',
    tag,
    summary: 'Create a query',
    access: 'editor',
    body: createQueryBody,
    status: 201,
    errors: ['not_found'],
    handle: ({ actor, body }) => service.create(actor, newQueryOf(body)),
    present: presentQuery,
    response: queryAnswer,
    version: versionOf,
  }),
];

const resourceRoutes = (service: QueryService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/queries/:id',
    tag,
    summary: 'Read a query',
    resource,
    access: 'viewer',
    status: 200,
    handle: ({ actor, params }) => service.find(actor, params.id),
    present: presentQuery,
    response: queryAnswer,
    version: versionOf,
  }),
  defineRoute({
    method: 'put',
    path: '/queries/:id',
    tag,
    summary: 'Change a query',
    description: 'Absent fields stay. With If-Match, nothing is changed that you have not seen.',
    resource,
    access: 'editor',
    body: updateQueryBody,
    takesIfMatch: true,
    status: 200,
    handle: ({ actor, params, body, ifMatch }) =>
      service.update(actor, params.id, { change: changeOf(body), ifMatch }),
    present: presentQuery,
    response: queryAnswer,
    version: versionOf,
  }),
  defineRoute({
    method: 'delete',
    path: '/queries/:id',
    tag,
    summary: 'Delete a query and everything below it',
    resource,
    access: 'editor',
    status: 204,
    handle: ({ actor, params }) => service.delete(actor, params.id),
  }),
];

const acknowledgeRoute = (service: QueryService): Route =>
  defineRoute({
    method: 'post',
    path: '/queries/:id/acknowledge',
    tag,
    summary: 'Let a blocked query run again',
    resource,
    access: 'editor',
    status: 200,
    handle: ({ actor, params }) => service.acknowledge(actor, params.id),
    present: presentQuery,
    response: queryAnswer,
    version: versionOf,
  });
