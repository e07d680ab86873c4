import Joi from 'joi';
import {
  type DeadRunFilter,
  type DeadRunSelection,
  maxReplays,
  type ReplayReport,
  type RunErrorClass,
  runErrorClasses,
} from '@loupe/common/models';
import { uuid } from '../../http/field-rules';
import { listQuery } from '../../http/list-parameters';

const errorClass = Joi.string<RunErrorClass>().empty(null).valid(...runErrorClasses);
const filters = { query_id: uuid(), datasource_id: uuid(), error_class: errorClass };

export const listDeadRunsQuery = listQuery<Required<DeadRunFilter>>(
  { sortable: ['created_at', 'started_at', 'completed_at'], updatable: false, filters },
  { query_id: 'queryId', datasource_id: 'datasourceId', error_class: 'errorClass' },
);

interface RawFilter {
  query_id?: string;
  datasource_id?: string;
  error_class?: RunErrorClass;
}

export interface ReplayBody {
  ids?: string[];
  filter?: RawFilter;
  dry_run: boolean;
}

export const replayBody = Joi.object<ReplayBody>({
  ids: Joi.array<string[]>().empty(null).items(uuid().required()).min(1).max(maxReplays),
  filter: Joi.object<RawFilter>(filters).empty(null),
  // A replay in bulk can be much work for a datasource: nobody starts it by leaving something out.
  dry_run: Joi.boolean().empty(null).default(true),
})
  .xor('ids', 'filter')
  .messages({
    'object.xor': 'give either ids or filter, not both',
    'object.missing': 'give ids, or a filter ({} for all)',
  });

export function selectionOf({ ids, filter = {} }: ReplayBody): DeadRunSelection {
  if (ids !== undefined) return { ids: [...new Set(ids)] };
  return {
    filter: { queryId: filter.query_id, datasourceId: filter.datasource_id, errorClass: filter.error_class },
  };
}

export const presentReplay = (report: ReplayReport) => ({
  dry_run: report.dryRun,
  count: report.runIds.length,
  run_ids: report.runIds,
  replays: report.replays.map(({ runId, replayOf }) => ({ run_id: runId, replay_of: replayOf })),
  skipped: report.skipped.map(({ runId, reason }) => ({ run_id: runId, reason })),
  remaining: report.remaining,
});
