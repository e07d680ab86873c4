import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from '../rest/api-client';
import { startProblem } from '../screen/start-problem';

interface Run {
  id: string;
  status: string;
  created_at: string;
  started_at: string | null;
  completed_at: string | null;
  error_message: string | null;
}

interface Result {
  columns: { name: string; data_type: string }[];
  rows: unknown[][];
  row_count: number;
  execution_time_ms: number;
}

export interface FinishedRun {
  run: Run;
  result: Result;
  /** Milliseconds, from the run's own stamps. */
  timings: { queueWait: number; execution: number; total: number };
}

const FINAL = new Set(['completed', 'failed', 'cancelled', 'timeout']);
const POLL_MS = 50;
const PATIENCE_MS = 60_000;

/** The main job, as a client does it: start a run of a saved query, poll until it is final, fetch the result. */
export async function runSavedQuery(
  api: ApiClient,
  queryId: string,
  stopping: AbortSignal,
): Promise<FinishedRun> {
  const created = await api.post<Run>('/runs', { query_id: queryId, parameters: {} });
  const run = await untilFinal(api, created, stopping);
  if (run.status !== 'completed') {
    throw startProblem(
      `The sample query’s run ${run.id} ended ${run.status}: ${run.error_message ?? 'no reason was given'}.`,
    );
  }
  const result = await api.get<Result>(`/runs/${run.id}/result`);
  return { run, result, timings: timingsOf(run, result) };
}

async function untilFinal(api: ApiClient, created: Run, stopping: AbortSignal): Promise<Run> {
  const deadline = Date.now() + PATIENCE_MS;
  let run = created;
  while (!FINAL.has(run.status)) {
    if (Date.now() > deadline) {
      throw startProblem(
        `The sample query’s run ${run.id} is still ${run.status} after ${PATIENCE_MS / 1000} s; the logs may say why.`,
      );
    }
    await delay(POLL_MS, undefined, { signal: stopping });
    run = await api.get<Run>(`/runs/${run.id}`);
  }
  return run;
}

function timingsOf(run: Run, result: Result): FinishedRun['timings'] {
  const created = Date.parse(run.created_at);
  return {
    queueWait: Date.parse(run.started_at ?? run.created_at) - created,
    execution: result.execution_time_ms,
    total: Date.parse(run.completed_at ?? run.created_at) - created,
  };
}
