import type { CancelPublisher } from '../events';
import type { OrgScope, Run } from '../models';
import type { RunRepository } from '../repositories';

/**
 * Asks for the end of a run. One that does not execute is cancelled in the row that this resolves to; one that does gets
 * its flag, and its runner is told. Undefined: no such run in the organization. A final run comes back as it was.
 */
export async function cancelRun(
  { runs, cancellations }: { runs: RunRepository; cancellations: CancelPublisher },
  scope: OrgScope,
  request: { id: string; userId: string },
): Promise<Run | undefined> {
  const run = await runs.requestCancel(scope, request);
  if (run !== undefined) announceCancel(cancellations, [run]);
  return run;
}

/** Tells the runners of those runs that still execute. The flags must be committed. */
export function announceCancel(cancellations: CancelPublisher, runs: readonly Run[]): void {
  for (const run of runs) {
    if (run.state === 'running' && run.sessionId !== null) cancellations.publish(run.sessionId, run.id);
  }
}
