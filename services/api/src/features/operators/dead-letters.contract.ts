import type { DeadRunFilter, Run, RunErrorClass } from '@loupe/common/models';
import { deadRunFilters, type ReplayBody, replaySchema } from '../../http/dead-run-rules';
import { uuid } from '../../http/field-rules';
import { listQuery } from '../../http/list-parameters';
import { reason } from './operators.contract';
import { answer, countField, idField, momentField, nullable, textField } from '../../http/response-fields';

const filters = { ...deadRunFilters, org_id: uuid() };

export const listDeadLettersQuery = listQuery<Required<DeadRunFilter> & { orgId: string }>(
  { sortable: ['created_at', 'started_at', 'completed_at'], updatable: false, filters },
  { org_id: 'orgId', query_id: 'queryId', datasource_id: 'datasourceId', error_class: 'errorClass' },
);

interface LetterFilter {
  org_id?: string;
  query_id?: string;
  datasource_id?: string;
  error_class?: RunErrorClass;
}

export interface ReplayLettersBody extends ReplayBody<LetterFilter> {
  reason: string;
}

export const replayLettersBody = replaySchema<ReplayLettersBody>(filters, { reason: reason() });

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

export const letterAnswer = answer(
  {
    id: idField(),
    org_id: idField(),
    datasource_id: idField(),
    query_id: nullable(idField()),
    pool: textField(),
    origin: textField(),
    state: textField(),
    attempt: countField(),
    error_class: nullable(textField()),
    failures: countField(),
    lost: countField(),
    replay_of: nullable(idField()),
    created_by: idField(),
    created_at: momentField(),
    completed_at: nullable(momentField()),
  },
  'DeadLetter',
);
