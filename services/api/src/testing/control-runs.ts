import { newId } from '@loupe/common/crypto';
import type { ClaimedRun, ControlKind } from '@loupe/common/models';
import {
  createClaimRepository,
  createEndingRepository,
  createRunnerSessionRepository,
  type RunFailure,
} from '@loupe/common/repositories/engine';
import { createResultWriter } from '@loupe/common/results';
import { eventually } from '@loupe/common/testing';
import type { TestApi } from './test-api';

/** Answers one test of a source as a runner does, by the statements that a runner uses. */
export interface SourceCheckRunner {
  /** Takes the next check of this kind. The API admits it by itself, because there is a session. */
  take(kind: ControlKind): Promise<ClaimedRun>;
  succeed(run: ClaimedRun, rows: readonly unknown[]): Promise<void>;
  fail(run: ClaimedRun, failure: Partial<RunFailure>): Promise<void>;
  timeOut(run: ClaimedRun): Promise<void>;
}

export async function openSourceCheckRunner(api: TestApi): Promise<SourceCheckRunner> {
  const sessionId = newId();
  await createRunnerSessionRepository(api.runner).open({
    ...{ id: sessionId, runnerId: 'test', pools: ['interactive'], slots: 1, leaseSeconds: 600 },
  });
  const claims = createClaimRepository(api.runner);
  const endings = createEndingRepository(api.runner);
  return {
    take: (kind) =>
      eventually(`a ${kind} is admitted`, async () => {
        const [hint] = await claims.waiting(['control'], { minAgeSeconds: 0, limit: 1 });
        const run = hint && (await claims.claim(hint, sessionId));
        return run?.kind === kind && run;
      }),
    async succeed(run, rows) {
      const writer = createResultWriter(api.runner, { resultId: newId(), ...run });
      writer.columns([{ name: 'x', dataType: 'JSON' }]);
      await writer.rows(rows.map((row) => JSON.stringify(row)));
      const result = await writer.finish({ truncated: false, executionTimeMs: 1 });
      await endings.succeeded(run, { ...result, ttlDays: 1 });
    },
    async fail(run, failure) {
      await endings.failed(run, { errorClass: 'user', code: null, message: 'It failed', ...failure });
    },
    timeOut: async (run) => void (await endings.timedOut(run, 'The database did not answer in time')),
  };
}
