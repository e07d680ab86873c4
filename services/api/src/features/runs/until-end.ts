import { notFound } from '@loupe/common/errors';
import type { RunEnds } from '@loupe/common/events';
import { isFinal, type OrgScope, type Run } from '@loupe/common/models';
import type { RunRepository } from '@loupe/common/repositories';
import type { Wait } from '../../http/wait-preference';

interface Awaited {
  id: string;
  /** As it was a moment ago. */
  known?: Run;
  wait: Wait;
}

/**
 * The run once it has ended, or as it stands when the time is over or nobody waits any more. Meanwhile it costs a look at the
 * database a second, and one when the end is announced.
 */
export async function untilEnd(
  { runs, runEnds }: { runs: Pick<RunRepository, 'find'>; runEnds: RunEnds },
  scope: OrgScope,
  { id, known, wait: { seconds, signal } }: Awaited,
): Promise<Run> {
  const look = async (): Promise<Run> => {
    const run = await runs.find(scope, id);
    if (run === undefined) throw notFound('Run');
    return run;
  };
  const until = performance.now() + seconds * 1_000;
  // Before the first look: what ends after that look is heard of.
  const watch = runEnds.watch(id);
  try {
    let run = known ?? (await look());
    while (!isFinal(run.state) && !signal.aborted && performance.now() < until) {
      await watch.lookAgain({ ms: until - performance.now(), signal });
      run = await look();
    }
    return run;
  } finally {
    watch.close();
  }
}
