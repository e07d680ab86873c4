import { conflict, notFound } from '../../errors';
import {
  fairPools,
  type LimitSetting,
  type OperatorAction,
  type OperatorDeed,
  type OrganizationLimits,
  type Pause,
  type RunnerSessionView,
} from '../../models';
import { type Transaction, transactionOf } from '../../repositories';
import {
  operatorRepositories,
  type OperatorRepositories,
  type OperatorSource,
} from '../../repositories/engine';

export type PauseTarget = Pick<Pause, 'scope' | 'key'>;

/**
 * What people who run the installation see and change, over all organizations. Each change is one transaction with the
 * record of who made it and why. Unknown names throw `not_found`.
 */
export interface Operations {
  pauses(): Promise<Pause[]>;
  /** Nothing of it is admitted from the next tick on; what executes goes on. */
  pause(target: PauseTarget, deed: OperatorDeed): Promise<void>;
  /** Throws `conflict` for what is not paused. */
  resume(target: PauseTarget, deed: OperatorDeed): Promise<void>;
  /** Those that differ from the defaults. */
  limits(): Promise<LimitSetting[]>;
  /** Undefined: all of its limits are the defaults. */
  organizationLimits(orgId: string): Promise<LimitSetting | undefined>;
  /** Running at once in all; null: the default. */
  setGlobalLimit(maxRunning: number | null, deed: OperatorDeed): Promise<void>;
  setOrganizationLimits(orgId: string, change: OrganizationLimits, deed: OperatorDeed): Promise<LimitSetting>;
  sessions(): Promise<RunnerSessionView[]>;
  /** The runner claims nothing more; what it executes may finish. */
  drain(sessionId: string, deed: OperatorDeed): Promise<void>;
  /** The newest changes. */
  actions(limit: number): Promise<OperatorAction[]>;
}

export function createOperations(db: OperatorSource): Operations {
  const read = operatorRepositories(db);
  const transaction = transactionOf(db, operatorRepositories);
  return {
    pauses: () => read.pauses.list(),
    limits: () => read.limits.list(),
    sessions: () => read.sessions.list(),
    actions: (limit) => read.actions.latest(limit),
    ...pausing(transaction),
    async organizationLimits(orgId) {
      if (!(await read.limits.organizationExists(orgId))) throw notFound('Organization');
      return read.limits.findOrganization(orgId);
    },
    setGlobalLimit: (maxRunning, deed) =>
      transaction(async ({ limits, actions }) => {
        await limits.setGlobal(maxRunning, deed);
        await actions.record(deed, { action: 'global.limit', target: { max_running: maxRunning } });
      }),
    setOrganizationLimits: (orgId, change, deed) =>
      transaction(async ({ limits, actions }) => {
        const setting = await limits.setOrganization(orgId, change, deed);
        if (setting === undefined) throw notFound('Organization');
        await actions.record(deed, {
          action: 'organization.limits',
          target: { org_id: orgId, ...named(change) },
        });
        return setting;
      }),
    drain: (sessionId, deed) =>
      transaction(async ({ sessions, actions }) => {
        if (!(await sessions.drain(sessionId))) throw notFound('Runner session');
        await actions.record(deed, { action: 'session.drain', target: { session_id: sessionId } });
      }),
  };
}

const named = ({ maxRunning, weight, maxQueued }: OrganizationLimits) => ({
  max_running: maxRunning,
  weight,
  max_queued: maxQueued,
});

function pausing(transaction: Transaction<OperatorRepositories>): Pick<Operations, 'pause' | 'resume'> {
  return {
    pause: (target, deed) =>
      transaction(async ({ pauses, actions }) => {
        await refuseUnknown(pauses, target);
        await pauses.pause(target, deed);
        await actions.record(deed, { action: `${target.scope}.pause`, target: namedTarget(target) });
      }),
    resume: (target, deed) =>
      transaction(async ({ pauses, actions }) => {
        // A datasource that was deleted meanwhile can still be resumed: its pause is only a row to clear.
        if (!(await pauses.resume(target))) {
          await refuseUnknown(pauses, target);
          throw conflict(`The ${target.scope} is not paused`);
        }
        await actions.record(deed, { action: `${target.scope}.resume`, target: namedTarget(target) });
      }),
  };
}

const namedTarget = ({ scope, key }: PauseTarget): Record<string, string> =>
  scope === 'pool' ? { pool: key } : { datasource_id: key };

async function refuseUnknown(
  pauses: OperatorRepositories['pauses'],
  { scope, key }: PauseTarget,
): Promise<void> {
  if (scope === 'pool') {
    if (!(fairPools as readonly string[]).includes(key)) throw notFound('Pool');
  } else if (!(await pauses.datasourceExists(key))) {
    throw notFound('Datasource');
  }
}
