import { listEnvelope } from '../../http/list-envelope';
import { defineRoute, type Route } from '../../http/route';
import {
  createRunBody,
  executeBody,
  listRunsQuery,
  presentCancellation,
  presentExplainedRun,
  presentResult,
  presentRun,
} from './runs.contract';
import type { RunService } from './runs.service';

const resource = 'Run';

export const runRoutes = (service: RunService): Route[] => [
  ...startingRoutes(service),
  ...standingRoutes(service),
];

const startingRoutes = (service: RunService): Route[] => [
  defineRoute({
    method: 'post',
    path: '/runs',
    access: 'viewer',
    body: createRunBody,
    status: 201,
    handle: ({ actor, body }) =>
      service.create(actor, {
        queryId: body.query_id,
        parameters: body.parameters,
        timeoutSeconds: body.timeout_seconds,
        maxRows: body.max_rows,
      }),
    present: presentRun,
  }),
  defineRoute({
    method: 'post',
    path: '/runs/execute',
    access: 'editor',
    body: executeBody,
    status: 201,
    handle: ({ actor, body }) =>
      service.execute(actor, {
        datasourceId: body.datasource_id,
        sql: body.sql,
        timeoutSeconds: body.timeout_seconds,
        maxRows: body.max_rows,
      }),
    present: presentRun,
  }),
];

const standingRoutes = (service: RunService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/runs',
    access: 'viewer',
    query: listRunsQuery,
    status: 200,
    handle: async ({ actor, query }) => ({ page: await service.list(actor, query), query }),
    present: ({ page, query }) => listEnvelope(page, query, presentRun),
  }),
  defineRoute({
    method: 'get',
    path: '/runs/:id',
    resource,
    access: 'viewer',
    status: 200,
    handle: ({ actor, params }) => service.explain(actor, params.id),
    present: presentExplainedRun,
  }),
  defineRoute({
    method: 'get',
    path: '/runs/:id/result',
    resource,
    access: 'viewer',
    status: 200,
    handle: ({ actor, params }) => service.result(actor, params.id),
    present: presentResult,
  }),
  defineRoute({
    method: 'post',
    path: '/runs/:id/cancel',
    resource,
    access: 'editor',
    status: 200,
    handle: ({ actor, params }) => service.cancel(actor, params.id),
    present: presentCancellation,
  }),
];
