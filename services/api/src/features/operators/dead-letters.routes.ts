import type { DeadLetters } from '@loupe/common/commands/operate';
import { presentReplay, replayExample, replayReportAnswer, selectionOf } from '../../http/dead-run-rules';
import { listEnvelope } from '../../http/list-envelope';
import { listOf } from '../../http/response-fields';
import { defineRoute, type Route } from '../../http/route';
import {
  letterAnswer,
  listDeadLettersQuery,
  presentLetter,
  replayLettersBody,
} from './dead-letters.contract';
import { reasonBody } from './operators.contract';

const tag = 'Operators';

export const deadLetterRoutes = (deadLetters: DeadLetters): Route[] => [
  defineRoute({
    method: 'get',
    path: '/operator/runs/dead',
    tag,
    summary: 'List dead runs of all organizations',
    access: 'operator',
    query: listDeadLettersQuery,
    status: 200,
    handle: async ({ query }) => ({ page: await deadLetters.list(query), query }),
    present: ({ page, query }) => listEnvelope(page, query, presentLetter),
    response: listOf(letterAnswer),
  }),
  defineRoute({
    method: 'post',
    path: '/operator/runs/replay',
    tag,
    summary: 'Replay dead runs',
    description: 'Give either `ids` or `filter`. A dry run unless `dry_run` is false.',
    access: 'operator',
    body: replayLettersBody,
    status: 200,
    examples: { request: { ...replayExample, reason: 'The warehouse is back' } },
    handle: ({ operator, body }) => {
      const request = { selection: selectionOf(body), orgId: body.filter?.org_id, dryRun: body.dry_run };
      return deadLetters.replayMany(request, { operator, reason: body.reason });
    },
    present: presentReplay,
    response: replayReportAnswer,
  }),
  defineRoute({
    method: 'post',
    path: '/operator/runs/:id/replay',
    tag,
    summary: 'Replay a dead run',
    resource: 'Run',
    access: 'operator',
    body: reasonBody,
    status: 201,
    errors: ['conflict'],
    handle: ({ operator, params, body }) => deadLetters.replay(params.id, { operator, reason: body.reason }),
    present: presentLetter,
    response: letterAnswer,
  }),
];
