const runs = 'services/api/src/features/runs/runs.api.test.ts';

export const sections = [
  {
    id: '2.5',
    title: 'Runs',
    rows: {
      'run object': { file: runs, test: 'queues a run that is there to read at once' },
      'POST /runs query_id': 'suite',
      'POST /runs parameters': 'suite',
      'POST /runs timeout_seconds': 'suite',
      'POST /runs max_rows': 'suite',
      'POST /runs as a viewer': 'suite',
      'POST /runs parameter problems': 'suite',
      'POST /runs with a full queue': {
        file: 'services/api/src/features/runs/waiting.api.test.ts',
        test: 'refuses the next run with 429, says when to come again, and fills no other organization’s',
      },
      'POST /runs may answer with a final status': {
        file: 'services/api/src/features/runs/until-end.api.test.ts',
        test: 'starts a run and is answered with its end',
      },
      'POST /runs/execute datasource_id': 'suite',
      'POST /runs/execute sql': 'suite',
      'POST /runs/execute parameters': 'suite',
      'POST /runs/execute timeout_seconds': 'suite',
      'POST /runs/execute max_rows': 'suite',
      'POST /runs/execute makes no query': 'suite',
      'GET /runs/{id}': 'suite',
      'GET /runs/{id} once its result has expired': {
        file: runs,
        test: 'tells apart not finished, without a result, expired and unknown',
      },
      'result run_id': { file: runs, test: 'gives rows, columns and figures' },
      'result columns': { file: runs, test: 'of no rows still has columns' },
      'result rows': { file: runs, test: 'gives rows, columns and figures' },
      'result row_count': { file: runs, test: 'gives rows, columns and figures' },
      'result execution_time_ms': { row: '4.3/execution time without the wait' },
      'result truncated': { row: '4.3/rows' },
      'GET /runs/{id}/result': 'suite',
      'GET /runs/{id}/result 404 and 410': {
        file: runs,
        test: 'tells apart not finished, without a result, expired and unknown',
      },
      'POST /runs/{id}/cancel answer': 'suite',
      'POST /runs/{id}/cancel while it waits': {
        file: runs,
        test: 'ends a run that was not executing in that very answer',
      },
      'POST /runs/{id}/cancel while it executes': { file: runs, test: 'waits for an executing run to stop' },
      'POST /runs/{id}/cancel without a stop in 2 s': {
        file: runs,
        test: 'answers after two seconds when the source has not stopped by then',
      },
      'POST /runs/{id}/cancel after the end': {
        file: runs,
        test: 'refuses a run that has ended, and names its status',
      },
      'POST /runs/{id}/cancel another organization’s': 'suite',
      'an acknowledged cancel never completes': {
        file: 'services/runner/src/run-execution/end-attempt.db.test.ts',
        test: 'wins over %s',
      },
    },
  },
];
