import { newId } from '@loupe/common/crypto';
import type { RunFence } from '@loupe/common/models';
import {
  createClaimRepository,
  createEndingRepository,
  createRunnerSessionRepository,
} from '@loupe/common/repositories/engine';
import { createResultWriter } from '@loupe/common/results';
import { eventually } from '@loupe/common/testing';
import type { TestApi } from './test-api';

// Moves runs as a runner does, by the statements that a runner uses, so that tests of requests need no runner.

/** The run executes from here on, on a session of its own. */
export async function claimRun(api: TestApi, runId: string): Promise<RunFence & { orgId: string }> {
  const sessionId = newId();
  const session = {
    id: sessionId,
    runnerId: 'test',
    pools: ['interactive'],
    slots: 1,
    leaseSeconds: 600,
  } as const;
  await createRunnerSessionRepository(api.runner).open(session);
  // The API's own dispatcher may have admitted it already, because there is a session now.
  await api.engine.execute({
    name: 'test.dispatch',
    text: `UPDATE runs SET state = 'dispatched', epoch = epoch + 1, dispatched_at = now() WHERE id = $1 AND state = 'queued'`,
    values: [runId],
  });
  const { epoch } = await api.engine.one<{ epoch: number }>({
    name: 'test.epoch',
    text: 'SELECT epoch FROM runs WHERE id = $1',
    values: [runId],
  });
  const claimed = await createClaimRepository(api.runner).claim({ runId, epoch }, sessionId);
  if (claimed === undefined) throw new Error(`run ${runId} could not be claimed`);
  return { runId, sessionId, attempt: claimed.attempt, orgId: claimed.orgId };
}

/** Ends it with a result of these rows; chunks are as large as a runner makes them. */
export async function endRun(
  api: TestApi,
  fence: RunFence & { orgId: string },
  rows: readonly string[],
): Promise<void> {
  const { runId, attempt, orgId } = fence;
  const writer = createResultWriter(api.runner, { resultId: newId(), orgId, runId, attempt });
  writer.columns([
    { name: 'n', dataType: 'INT4' },
    { name: 'n', dataType: 'JSONB' },
  ]);
  await writer.rows(rows);
  const result = await writer.finish({ truncated: false, executionTimeMs: 12 });
  const ended = await createEndingRepository(api.runner).succeeded(fence, { ...result, ttlDays: 7 });
  if (!ended) throw new Error(`run ${runId} could not be ended`);
}

/** What a runner does once its source has stopped. */
export async function confirmStop(api: TestApi, fence: RunFence): Promise<void> {
  const endings = createEndingRepository(api.runner);
  await eventually('the cancellation is requested', () => endings.cancelled(fence));
}

/** What housekeeping does with a result that is too old. */
export async function expireResult(api: TestApi, runId: string): Promise<void> {
  await api.engine.execute({
    name: 'test.expire',
    text: 'UPDATE results SET expired_at = now() WHERE run_id = $1',
    values: [runId],
  });
  await api.engine.execute({
    name: 'test.deleteChunks',
    text: 'DELETE FROM result_chunks WHERE run_id = $1',
    values: [runId],
  });
}
