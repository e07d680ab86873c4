import type { DeadRunFilter } from '@loupe/common/models';
import { deadRunFilters, replaySchema } from '../../http/dead-run-rules';
import { listQuery } from '../../http/list-parameters';

export const listDeadRunsQuery = listQuery<Required<DeadRunFilter>>(
  { sortable: ['created_at', 'started_at', 'completed_at'], updatable: false, filters: deadRunFilters },
  { query_id: 'queryId', datasource_id: 'datasourceId', error_class: 'errorClass' },
);

export const replayBody = replaySchema(deadRunFilters);
