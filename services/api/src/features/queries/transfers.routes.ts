import { defineRoute, type Route } from '../../http/route';
import {
  exportAnswer,
  importAnswer,
  importBody,
  importOf,
  presentExport,
  presentImport,
} from './transfers.contract';
import type { TransferService } from './transfers.service';

const tag = 'Queries';

export const transferRoutes = (service: TransferService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/queries/export',
    tag,
    summary: 'Export all queries',
    description: 'A bare array without ids, newest first, which the import takes back.',
    access: 'viewer',
    status: 200,
    handle: ({ actor }) => service.export(actor),
    present: presentExport,
    response: exportAnswer,
  }),
  defineRoute({
    method: 'post',
    path: '/queries/import',
    tag,
    summary: 'Import queries into one datasource',
    description:
      'All or nothing. A query whose name is taken is left out, unless `skip_duplicates` is false.',
    access: 'editor',
    body: importBody,
    status: 200,
    errors: ['not_found'],
    handle: ({ actor, body }) => service.import(actor, importOf(body)),
    present: presentImport,
    response: importAnswer,
  }),
];
