import { listEnvelope } from '../../http/list-envelope';
import { listOf } from '../../http/response-fields';
import { defineRoute, type Route } from '../../http/route';
import { presentQuery, queryAnswer } from './queries.contract';
import {
  compareVersionsQuery,
  comparisonAnswer,
  listVersionsQuery,
  presentComparison,
  presentVersion,
  versionAnswer,
} from './versions.contract';
import type { VersionService } from './versions.service';

const tag = 'Queries';

export const versionRoutes = (service: VersionService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/queries/:id/versions',
    tag,
    summary: 'List the versions of a query',
    description: 'Each save that changed something made one; newest first.',
    resource: 'Query',
    access: 'viewer',
    query: listVersionsQuery,
    status: 200,
    handle: async ({ actor, params, query }) => ({
      page: await service.list(actor, params.id, query),
      query,
    }),
    present: ({ page, query }) => listEnvelope(page, query, presentVersion),
    response: listOf(versionAnswer),
  }),
  compareRoute(service),
  ...versionRoutesOf(service),
];

const compareRoute = (service: VersionService): Route =>
  defineRoute({
    method: 'get',
    path: '/queries/:id/versions/diff',
    tag,
    summary: 'Compare two versions of a query',
    description:
      '`changes` holds the fields that differ. `sql_diff` is a unified diff; null when the SQL is the same, or has too little in common.',
    resource: 'Version',
    access: 'viewer',
    query: compareVersionsQuery,
    status: 200,
    handle: ({ actor, params, query }) => service.compare(actor, params.id, query),
    present: presentComparison,
    response: comparisonAnswer,
  });

const versionRoutesOf = (service: VersionService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/queries/:id/versions/:version',
    tag,
    summary: 'Read a version of a query',
    resource: 'Version',
    access: 'viewer',
    status: 200,
    handle: ({ actor, params }) => service.find(actor, { queryId: params.id, version: params.version }),
    present: presentVersion,
    response: versionAnswer,
  }),
  defineRoute({
    method: 'post',
    path: '/queries/:id/versions/:version/restore',
    tag,
    summary: 'Restore a version of a query',
    description: 'Makes a new version of what the old one held.',
    resource: 'Version',
    access: 'editor',
    takesIfMatch: true,
    status: 200,
    errors: ['invalid', 'conflict'],
    handle: ({ actor, params, ifMatch }) =>
      service.restore(actor, { queryId: params.id, version: params.version }, ifMatch),
    present: presentQuery,
    response: queryAnswer,
    version: ({ version }) => version,
  }),
];
