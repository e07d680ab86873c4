import Joi from 'joi';
import {
  type DeadRunFilter,
  type DeadRunSelection,
  maxReplays,
  type ReplayReport,
  type Run,
  type RunErrorClass,
  runErrorClasses,
} from '@loupe/common/models';
import { uuid } from '../../http/field-rules';
import { listQuery } from '../../http/list-parameters';
import { reason } from './operators.contract';

const filters = {
  org_id: uuid(),
  query_id: uuid(),
  datasource_id: uuid(),
  error_class: Joi.string<RunErrorClass>().empty(null).valid(...runErrorClasses),
};

export const listDeadLettersQuery = listQuery<Required<DeadRunFilter> & { orgId: string }>(
  { sortable: ['created_at', 'started_at', 'completed_at'], updatable: false, filters },
  { org_id: 'orgId', query_id: 'queryId', datasource_id: 'datasourceId', error_class: 'errorClass' },
);

interface RawFilter {
  org_id?: string;
  query_id?: string;
  datasource_id?: string;
  error_class?: RunErrorClass;
}

export interface ReplayLettersBody {
  ids?: string[];
  filter?: RawFilter;
  dry_run: boolean;
  reason: string;
}

export const replayLettersBody = Joi.object<ReplayLettersBody>({
  ids: Joi.array<string[]>().empty(null).items(uuid().required()).min(1).max(maxReplays),
  filter: Joi.object<RawFilter>(filters).empty(null),
  dry_run: Joi.boolean().empty(null).default(true),
  reason: reason(),
})
  .xor('ids', 'filter')
  .messages({
    'object.xor': 'give either ids or filter, not both',
    'object.missing': 'give ids, or a filter ({} for all)',
  });

export function selectionOf({ ids, filter = {} }: ReplayLettersBody): DeadRunSelection {
  if (ids !== undefined) return { ids: [...new Set(ids)] };
  return {
    filter: { queryId: filter.query_id, datasourceId: filter.datasource_id, errorClass: filter.error_class },
  };
}

/** No statement and no values: what a tenant asks its database is not the operator's business. */
export const presentLetter = (run: Run) => ({
  id: run.id,
  org_id: run.orgId,
  datasource_id: run.datasourceId,
  query_id: run.queryId,
  pool: run.pool,
  origin: run.origin,
  state: run.state,
  attempt: run.attempt,
  error_class: run.errorClass,
  failures: run.failures,
  lost: run.lost,
  replay_of: run.replayOf,
  created_by: run.createdBy,
  created_at: run.createdAt,
  completed_at: run.finishedAt,
});

export const presentReport = (report: ReplayReport) => ({
  dry_run: report.dryRun,
  count: report.runIds.length,
  run_ids: report.runIds,
  replays: report.replays.map(({ runId, replayOf }) => ({ run_id: runId, replay_of: replayOf })),
  skipped: report.skipped.map(({ runId, reason: why }) => ({ run_id: runId, reason: why })),
  remaining: report.remaining,
});
