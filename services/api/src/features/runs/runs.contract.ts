import Joi from 'joi';
import type { ResultColumn, Run, RunStatus, RunWaiting } from '@loupe/common/models';
import { runLimits, runStatuses, statusOf } from '@loupe/common/models';
import { openObject, problem, problemBetween, text, uuid, wholeNumber } from '../../http/field-rules';
import { JsonStream } from '../../http/json-stream';
import { listQuery, moment } from '../../http/list-parameters';
import {
  answer,
  anyField,
  countField,
  flagField,
  idField,
  listField,
  momentField,
  nullable,
  oneOfField,
  textField,
} from '../../http/response-fields';

// REST contract, sections 2.5 and 4.

export interface CreateRunBody {
  query_id: string;
  parameters: Record<string, unknown>;
  timeout_seconds?: number;
  max_rows?: number;
}

export interface ExecuteBody {
  datasource_id: string;
  sql: string;
  parameters?: Record<string, unknown>;
  timeout_seconds: number;
  max_rows: number;
}

export interface RunFilters {
  queryId: string;
  scheduleId: string;
  status: RunStatus;
  startDate: Date;
  endDate: Date;
}

const { timeoutSeconds, maxRows } = runLimits;
const timeout = wholeNumber(timeoutSeconds.min, timeoutSeconds.max);
const rows = wholeNumber(maxRows.min, maxRows.max);

export const createRunBody = Joi.object<CreateRunBody>({
  query_id: uuid().required(),
  parameters: openObject().default({}),
  timeout_seconds: timeout,
  max_rows: rows,
});

export const executeBody = Joi.object<ExecuteBody>({
  datasource_id: uuid().required(),
  sql: text({ min: 1, max: 100_000, notBlank: true }).required(),
  // Accepted from clients that always send it; without definitions there is nothing that it could say.
  parameters: openObject(),
  timeout_seconds: timeout.default(timeoutSeconds.default),
  max_rows: rows.default(maxRows.default),
});

const status = Joi.string<RunStatus>().custom((value: string, helpers) => {
  const known = runStatuses.find((one) => one === value.toLowerCase());
  return known ?? problem(helpers, `must be one of ${runStatuses.join(', ')}`);
});

const longestSpanMs = 3_650 * 86_400_000;

export const listRunsQuery = listQuery<RunFilters>(
  {
    sortable: ['created_at', 'started_at', 'completed_at'],
    updatable: false,
    filters: { query_id: uuid(), schedule_id: uuid(), status, start_date: moment(), end_date: moment() },
  },
  { query_id: 'queryId', schedule_id: 'scheduleId', start_date: 'startDate', end_date: 'endDate' },
).custom((request: Partial<RunFilters>, helpers) => {
  const { startDate, endDate } = request;
  if (startDate === undefined || endDate === undefined) return request;
  const span = endDate.getTime() - startDate.getTime();
  const dates = ['start_date', 'end_date'];
  if (span <= 0) return problemBetween(helpers, dates, 'start_date must lie before end_date');
  if (span > longestSpanMs) {
    return problemBetween(helpers, dates, 'start_date and end_date must not lie more than 3650 days apart');
  }
  return request;
});

export const presentRun = (run: Run) => ({
  id: run.id,
  org_id: run.orgId,
  query_id: run.queryId,
  datasource_id: run.datasourceId,
  status: statusOf(run.state),
  origin: run.origin,
  attempt: run.attempt,
  started_at: run.startedAt,
  completed_at: run.finishedAt,
  error_class: run.errorClass,
  error_message: run.errorMessage,
  failures: run.failures,
  lost: run.lost,
  dead: run.state === 'dead',
  replay_of: run.replayOf,
  schedule_id: run.scheduleId,
  cancel_requested_at: run.cancelRequestedAt,
  created_by: run.createdBy,
  created_at: run.createdAt,
});

interface ExplainedRun {
  run: Run;
  waiting: RunWaiting | undefined;
}

/** `waiting` is null once the run executes or has ended. */
export const presentExplainedRun = ({ run, waiting }: ExplainedRun) => ({
  ...presentRun(run),
  waiting:
    waiting === undefined
      ? null
      : {
          reason: waiting.reason,
          position: waiting.position,
          retry_at: waiting.retryAt,
          message: waiting.message,
        },
});

export const presentCancellation = (run: Run) => ({
  ...presentRun(run),
  run_id: run.id,
  message:
    run.finishedAt === null
      ? 'The cancellation was requested; the statement is being stopped'
      : 'The run was cancelled',
});

export interface RunResult {
  runId: string;
  columns: ResultColumn[];
  rowCount: number;
  executionTimeMs: number;
  truncated: boolean;
  /** Rows as JSON arrays with commas between, in pieces. */
  rows: AsyncIterable<string>;
}

export const presentResult = (result: RunResult): JsonStream => new JsonStream(resultText(result));

async function* resultText(result: RunResult): AsyncGenerator<string> {
  const { rows: pieces, columns, ...rest } = result;
  const head = JSON.stringify({
    run_id: rest.runId,
    row_count: rest.rowCount,
    execution_time_ms: rest.executionTimeMs,
    truncated: rest.truncated,
    columns: columns.map(({ name, dataType }) => ({ name, data_type: dataType })),
  });
  // Kept back until the first rows are there: a store that fails at once still gets an answer that says so.
  let pending = `${head.slice(0, -1)},"rows":[`;
  for await (const piece of pieces) {
    yield pending + piece;
    pending = '';
  }
  yield `${pending}]}`;
}

const runFields = {
  id: idField(),
  org_id: idField(),
  query_id: nullable(idField()),
  datasource_id: idField(),
  status: oneOfField(runStatuses),
  origin: textField(),
  attempt: countField(),
  started_at: nullable(momentField()),
  completed_at: nullable(momentField()),
  error_class: nullable(textField()),
  error_message: nullable(textField()),
  failures: countField(),
  lost: countField(),
  dead: flagField(),
  replay_of: nullable(idField()),
  schedule_id: nullable(idField()),
  cancel_requested_at: nullable(momentField()),
  created_by: idField(),
  created_at: momentField(),
};

export const runAnswer = answer(runFields, 'Run');

export const explainedRunAnswer = answer(
  {
    ...runFields,
    waiting: nullable(
      answer(
        {
          reason: textField(),
          position: nullable(countField()),
          retry_at: nullable(momentField()),
          message: textField(),
        },
        'RunWaiting',
      ),
    ),
  },
  'ExplainedRun',
);

export const cancellationAnswer = answer(
  { ...runFields, run_id: idField(), message: textField() },
  'RunCancellation',
);

export const resultAnswer = answer(
  {
    run_id: idField(),
    row_count: countField(),
    execution_time_ms: countField(),
    truncated: flagField(),
    columns: listField(answer({ name: textField(), data_type: textField() })),
    rows: listField(listField(anyField())),
  },
  'RunResult',
);
