import { presentReplay, selectionOf } from '../../http/dead-run-rules';
import { listEnvelope } from '../../http/list-envelope';
import { defineRoute, type Route } from '../../http/route';
import { listDeadRunsQuery, replayBody } from './dead-runs.contract';
import type { DeadRunService } from './dead-runs.service';
import { presentRun } from './runs.contract';

export const deadRunRoutes = (service: DeadRunService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/runs/dead',
    access: 'viewer',
    query: listDeadRunsQuery,
    status: 200,
    handle: async ({ actor, query }) => ({ page: await service.list(actor, query), query }),
    present: ({ page, query }) => listEnvelope(page, query, presentRun),
  }),
  defineRoute({
    method: 'post',
    path: '/runs/replay',
    access: 'editor',
    body: replayBody,
    status: 200,
    handle: ({ actor, body }) =>
      service.replayMany(actor, { selection: selectionOf(body), dryRun: body.dry_run }),
    present: presentReplay,
  }),
  defineRoute({
    method: 'post',
    path: '/runs/:id/replay',
    resource: 'Run',
    access: 'editor',
    status: 201,
    handle: ({ actor, params }) => service.replay(actor, params.id),
    present: presentRun,
  }),
];
