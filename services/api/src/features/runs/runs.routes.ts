import type { StartedRun } from '@loupe/common/commands';
import { listEnvelope } from '../../http/list-envelope';
import { listOf } from '../../http/response-fields';
import { defineRoute, type Route } from '../../http/route';
import {
  cancellationAnswer,
  createRunBody,
  executeBody,
  explainedRunAnswer,
  listRunsQuery,
  presentCancellation,
  presentExplainedRun,
  presentResult,
  presentRun,
  resultAnswer,
  runAnswer,
} from './runs.contract';
import type { RunService } from './runs.service';

const tag = 'Runs';

const resource = 'Run';

export const runRoutes = (service: RunService): Route[] => [
  ...startingRoutes(service),
  ...readingRoutes(service),
  cancelRoute(service),
];

/** Tells a client that its request had been served before. */
const replayHeader = ({ isReplay }: StartedRun): Record<string, string> =>
  isReplay ? { 'Idempotent-Replayed': 'true' } : {};

const startingRoutes = (service: RunService): Route[] => [
  defineRoute({
    method: 'post',
    path: '/runs',
    tag,
    summary: 'Run a query',
    description: 'Viewers may lower the limits of the query; only editors may raise them.',
    access: 'viewer',
    body: createRunBody,
    takesIdempotencyKey: true,
    status: 201,
    errors: ['forbidden', 'not_found', 'conflict'],
    handle: ({ actor, body, idempotencyKey }) =>
      service.create(actor, idempotencyKey, {
        queryId: body.query_id,
        parameters: body.parameters,
        timeoutSeconds: body.timeout_seconds,
        maxRows: body.max_rows,
      }),
    present: ({ run }) => presentRun(run),
    response: runAnswer,
    headers: replayHeader,
  }),
  defineRoute({
    method: 'post',
    path: '/runs/execute',
    tag,
    summary: 'Run a statement that is not saved',
    access: 'editor',
    body: executeBody,
    takesIdempotencyKey: true,
    status: 201,
    errors: ['not_found', 'conflict'],
    rateLimit: 'execute',
    handle: ({ actor, body, idempotencyKey }) =>
      service.execute(actor, idempotencyKey, {
        datasourceId: body.datasource_id,
        sql: body.sql,
        timeoutSeconds: body.timeout_seconds,
        maxRows: body.max_rows,
      }),
    present: ({ run }) => presentRun(run),
    response: runAnswer,
    headers: replayHeader,
  }),
];

const readingRoutes = (service: RunService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/runs',
    tag,
    summary: 'List runs',
    access: 'viewer',
    query: listRunsQuery,
    status: 200,
    handle: async ({ actor, query }) => ({ page: await service.list(actor, query), query }),
    present: ({ page, query }) => listEnvelope(page, query, presentRun),
    response: listOf(runAnswer),
  }),
  defineRoute({
    method: 'get',
    path: '/runs/:id',
    tag,
    summary: 'Read a run, and why it waits',
    resource,
    access: 'viewer',
    status: 200,
    rateLimit: 'polls',
    handle: ({ actor, params }) => service.explain(actor, params.id),
    present: presentExplainedRun,
    response: explainedRunAnswer,
  }),
  defineRoute({
    method: 'get',
    path: '/runs/:id/result',
    tag,
    summary: 'Read the result of a run',
    resource,
    access: 'viewer',
    status: 200,
    errors: ['run_not_finished', 'run_has_no_result', 'result_expired'],
    handle: ({ actor, params }) => service.result(actor, params.id),
    present: presentResult,
    response: resultAnswer,
  }),
];

const cancelRoute = (service: RunService): Route =>
  defineRoute({
    method: 'post',
    path: '/runs/:id/cancel',
    tag,
    summary: 'Cancel a run',
    resource,
    access: 'editor',
    status: 200,
    errors: ['conflict'],
    handle: ({ actor, params }) => service.cancel(actor, params.id),
    present: presentCancellation,
    response: cancellationAnswer,
  });
