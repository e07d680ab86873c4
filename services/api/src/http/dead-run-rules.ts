import Joi from 'joi';
import {
  type DeadRunSelection,
  maxReplays,
  type ReplayReport,
  type RunErrorClass,
  runErrorClasses,
} from '@loupe/common/models';
import { uuid } from './field-rules';
import { answer, countField, flagField, idField, listField, textField } from './response-fields';

// How dead runs are chosen and reported, for an organization's editors and for operators alike.

export const deadRunFilters = {
  query_id: uuid(),
  datasource_id: uuid(),
  error_class: Joi.string<RunErrorClass>()
    .empty(null)
    .valid(...runErrorClasses),
};

export interface RawFilter {
  query_id?: string;
  datasource_id?: string;
  error_class?: RunErrorClass;
}

export interface ReplayBody<Filter extends RawFilter = RawFilter> {
  ids?: string[];
  filter?: Filter;
  dry_run: boolean;
}

/** Either ids or a filter; `filters` are the ones that may be used. */
export const replaySchema = <Body extends ReplayBody>(
  filters: Joi.PartialSchemaMap,
  further: Joi.PartialSchemaMap = {},
): Joi.ObjectSchema<Body> =>
  Joi.object<Body>({
    ids: Joi.array<string[]>().empty(null).items(uuid().required()).min(1).max(maxReplays),
    filter: Joi.object(filters).empty(null),
    // A replay in bulk can be much work for a datasource: nobody starts it by leaving something out.
    dry_run: Joi.boolean().empty(null).default(true),
    ...further,
  })
    .xor('ids', 'filter')
    .messages({
      'object.xor': 'give either ids or filter, not both',
      'object.missing': 'give ids, or a filter; an empty one means all',
    });

export const replayExample = { filter: { error_class: 'connect' }, dry_run: true };

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

export const replayReportAnswer = answer(
  {
    dry_run: flagField(),
    count: countField(),
    run_ids: listField(idField()),
    replays: listField(answer({ run_id: idField(), replay_of: idField() })),
    skipped: listField(answer({ run_id: idField(), reason: textField() })),
    remaining: countField(),
  },
  'ReplayReport',
);
