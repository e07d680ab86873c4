import type { RunErrorClass } from '@loupe/common/models';
import { createEndingRepository, createRunnerSessionRepository } from '@loupe/common/repositories/engine';
import { createRun } from './resources';
import { claimRun } from './run-states';
import type { Client, TestApi } from './test-api';

/** A run of the query that a runner has given up; its id. */
export async function createDeadRun(
  { api, client }: { api: TestApi; client: Client },
  queryId: string,
  errorClass: RunErrorClass = 'connect',
): Promise<string> {
  const id = await createRun(client, queryId);
  const fence = await claimRun(api, id);
  const failure = { errorClass, code: '08006', message: 'The datasource does not answer' };
  if (!(await createEndingRepository(api.runner).dead(fence, failure))) throw new Error(`run ${id} lives`);
  await createRunnerSessionRepository(api.runner).close(fence.sessionId);
  return id;
}
