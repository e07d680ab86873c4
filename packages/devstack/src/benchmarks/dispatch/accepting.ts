import type { NewRun } from '@loupe/common/models';
import { createRunRepository } from '@loupe/common/repositories';
import { median } from '../runs/figures';
import type { MetadataGround } from './metadata-ground';
import { fill, tenantOf } from './queued-runs';

/** One organization has `queued` runs waiting, more may wait, and it asks for another: median milliseconds, commit included. */
export async function measureAccepting(ground: MetadataGround, queued: number): Promise<number> {
  await fill(ground, { orgs: 1, runs: queued }, 1);
  const app = ground.open('loupe_app');
  const runs = createRunRepository(app);
  const { orgId, userId, datasourceId } = tenantOf(1);
  const run: NewRun = {
    ...{ kind: 'query', datasourceId, queryId: null, queryVersion: null, createdBy: userId },
    ...{ statement: 'SELECT 1', boundValues: [], maxRows: 1, timeoutSeconds: 30, origin: 'api' },
    ...{ queueDeadlineSeconds: 600, maxQueuedPerOrg: 1_000_000 },
  };
  const times: number[] = [];
  for (let i = 0; i < 300; i += 1) {
    const began = performance.now();
    const inserted = await runs.insert({ orgId }, run);
    times.push(performance.now() - began);
    if (typeof inserted === 'string') throw new Error(`the run was not accepted: ${inserted}`);
  }
  await app.close();
  return median(times.slice(50));
}
