import type { DeadLetters } from '@loupe/common/commands/operate';
import { presentReplay, selectionOf } from '../../http/dead-run-rules';
import { listEnvelope } from '../../http/list-envelope';
import { defineRoute, type Route } from '../../http/route';
import { listDeadLettersQuery, presentLetter, replayLettersBody } from './dead-letters.contract';
import { reasonBody } from './operators.contract';

export const deadLetterRoutes = (deadLetters: DeadLetters): Route[] => [
  defineRoute({
    method: 'get',
    path: '/operator/runs/dead',
    access: 'operator',
    query: listDeadLettersQuery,
    status: 200,
    handle: async ({ query }) => ({ page: await deadLetters.list(query), query }),
    present: ({ page, query }) => listEnvelope(page, query, presentLetter),
  }),
  defineRoute({
    method: 'post',
    path: '/operator/runs/replay',
    access: 'operator',
    body: replayLettersBody,
    status: 200,
    handle: ({ operator, body }) => {
      const request = { selection: selectionOf(body), orgId: body.filter?.org_id, dryRun: body.dry_run };
      return deadLetters.replayMany(request, { operator, reason: body.reason });
    },
    present: presentReplay,
  }),
  defineRoute({
    method: 'post',
    path: '/operator/runs/:id/replay',
    resource: 'Run',
    access: 'operator',
    body: reasonBody,
    status: 201,
    handle: ({ operator, params, body }) => deadLetters.replay(params.id, { operator, reason: body.reason }),
    present: presentLetter,
  }),
];
