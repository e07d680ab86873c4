import type { Progress } from '../screen/progress';
import { FLIGHT_DELAYS } from '../sample-data/sample-queries';
import type { Seeded } from '../sample-data/seed';
import type { ApiClient } from '../rest/api-client';
import { ApiRefusal } from '../rest/api-client';
import { resultTable } from './result-table';
import { runSavedQuery, type FinishedRun } from './run-query';

const ROWS_SHOWN = 10;

/** Runs a sample query through the API and prints what came back. Nothing to show if the user deleted them all. */
export async function showSampleRun(what: {
  progress: Progress;
  api: ApiClient;
  seeded: Seeded;
  stopping: AbortSignal;
}): Promise<void> {
  const { progress, api, seeded, stopping } = what;
  const query = await firstExisting(api, seeded);
  if (query === undefined) {
    progress.say('  The sample queries were deleted, so there is none to show.');
    return;
  }
  const finished = await runSavedQuery(api, query.id, stopping);
  progress.say(`\n${runText(query.name, finished)}\n`);
}

function runText(name: string, { run, result, timings }: FinishedRun): string {
  const shown = result.rows.slice(0, ROWS_SHOWN);
  const table = resultTable(
    result.columns.map((column) => column.name),
    shown,
  );
  const rows =
    result.row_count > shown.length
      ? `${shown.length} of ${result.row_count} rows`
      : `${result.row_count} rows`;
  return [
    `${name} (${rows})`,
    '',
    table,
    '',
    `run ${run.id}  ${run.status}`,
    `queue wait ${timings.queueWait} ms, execution ${timings.execution} ms, total ${timings.total} ms`,
  ].join('\n');
}

async function firstExisting(
  api: ApiClient,
  seeded: Seeded,
): Promise<{ id: string; name: string } | undefined> {
  const { [FLIGHT_DELAYS.name]: preferred, ...others } = seeded.queryIds;
  for (const id of [preferred, ...Object.values(others)]) {
    if (id === undefined) continue;
    try {
      return await api.get<{ id: string; name: string }>(`/queries/${id}`);
    } catch (error) {
      if (!(error instanceof ApiRefusal) || error.status !== 404) throw error;
    }
  }
  return undefined;
}
