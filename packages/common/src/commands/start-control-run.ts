import { setTimeout as delay } from 'node:timers/promises';
import { LoupeError } from '../errors';
import { type ControlKind, controlLifetimeSeconds, isFinal, type OrgScope } from '../models';
import type { ControlRun, ControlRunRepository } from '../repositories';
import type { Dispatcher } from './dispatch';

/** How often the row is read: at first for a source nearby, then less often. Milliseconds. */
const readEveryMs = { first: 25, longest: 50 };

/** What the runner has to write its end after the source has used the whole lifetime. */
const endingMs = 500;

export interface ControlRunParts {
  controlRuns: ControlRunRepository;
  dispatcher: Pick<Dispatcher, 'dispatch'>;
}

/** A run of `control` that has ended, or that nobody ended within its lifetime. */
export interface EndedControlRun extends ControlRun {
  id: string;
}

/**
 * Has a runner test or describe a source, and waits for the answer as long as such a run lives. What comes back is final unless
 * there was no runner to take it, or the one that took it has gone silent.
 *
 * Throws a `rate_limited` error when too many of the organization's wait already.
 */
export async function runControl(
  { controlRuns, dispatcher }: ControlRunParts,
  actor: OrgScope & { userId: string },
  { kind, datasourceId }: { kind: ControlKind; datasourceId: string },
): Promise<EndedControlRun> {
  const giveUpAt = performance.now() + controlLifetimeSeconds[kind] * 1_000 + endingMs;
  const id = await controlRuns.insert(actor, { kind, datasourceId, createdBy: actor.userId });
  if (id === undefined) throw tooMany();
  dispatcher.dispatch();
  for (let pause = readEveryMs.first; ; pause = Math.min(pause + 1, readEveryMs.longest)) {
    await delay(pause);
    const run = await controlRuns.find(actor, id);
    if (run === undefined) throw new Error(`control run ${id} is gone`);
    if (isFinal(run.state)) return { ...run, id };
    if (performance.now() < giveUpAt) continue;
    await controlRuns.abandon(actor, { id, userId: actor.userId });
    return { ...run, id };
  }
}

const tooMany = (): LoupeError =>
  new LoupeError(
    'rate_limited',
    'Too many connection tests of your organization are waiting; try again later',
    {
      code: 'queue_full',
      retryAfterSeconds: 5,
    },
  );
