import { presentReplay, replayExample, replayReportAnswer, selectionOf } from '../../http/dead-run-rules';
import { listEnvelope } from '../../http/list-envelope';
import { listOf } from '../../http/response-fields';
import { defineRoute, type Route } from '../../http/route';
import { listDeadRunsQuery, replayBody } from './dead-runs.contract';
import type { DeadRunService } from './dead-runs.service';
import { presentRun, runAnswer } from './runs.contract';

const tag = 'Runs';

export const deadRunRoutes = (service: DeadRunService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/runs/dead',
    tag,
    summary: 'List dead runs',
    access: 'viewer',
    query: listDeadRunsQuery,
    status: 200,
    handle: async ({ actor, query }) => ({ page: await service.list(actor, query), query }),
    present: ({ page, query }) => listEnvelope(page, query, presentRun),
    response: listOf(runAnswer),
  }),
  defineRoute({
    method: 'post',
    path: '/runs/replay',
    tag,
    summary: 'Replay dead runs',
    description: 'Give either `ids` or `filter`. A dry run unless `dry_run` is false.',
    access: 'editor',
    body: replayBody,
    status: 200,
    examples: { request: replayExample },
    handle: ({ actor, body }) =>
      service.replayMany(actor, { selection: selectionOf(body), dryRun: body.dry_run }),
    present: presentReplay,
    response: replayReportAnswer,
  }),
  defineRoute({
    method: 'post',
    path: '/runs/:id/replay',
    tag,
    summary: 'Replay a dead run',
    resource: 'Run',
    access: 'editor',
    status: 201,
    errors: ['conflict'],
    handle: ({ actor, params }) => service.replay(actor, params.id),
    present: presentRun,
    response: runAnswer,
  }),
];
