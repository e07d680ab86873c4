import { invalid, notFound } from '@loupe/common/errors';
import type { Actor, DefaultLimits, LimitSetting } from '@loupe/common/models';
import type {
  DatasourceRepository,
  LimitSettingRepository,
  MemberLimit,
  Transaction,
} from '@loupe/common/repositories';

interface LimitRepositories {
  limitSettings: LimitSettingRepository;
  datasources: DatasourceRepository;
}

interface LimitParts extends LimitRepositories {
  transaction: Transaction<LimitRepositories>;
  /** What holds where nothing else was set. */
  runningLimits: DefaultLimits;
  /** Runs of one organization that may wait, unless an operator set another number. */
  maxQueuedPerOrg: number;
}

export interface OrganizationLimitView {
  /** What is in force; only operators change it. */
  organization: { maxRunning: number; maxQueued: number; weight: number };
  defaults: Pick<DefaultLimits, 'perDatasource' | 'perUser'>;
  datasources: LimitSetting[];
  users: LimitSetting[];
}

/** Null: back to the default. */
export interface LimitChange {
  id: string;
  maxRunning: number | null;
}

/** How many runs of an organization's datasources and users may be active at once, effective at the next admission. */
export interface LimitService {
  view(actor: Actor): Promise<OrganizationLimitView>;
  setDatasource(actor: Actor, change: LimitChange): Promise<LimitChange>;
  setUser(actor: Actor, change: LimitChange): Promise<LimitChange>;
}

export function createLimitService(parts: LimitParts): LimitService {
  const { limitSettings, transaction } = parts;

  const set = (actor: Actor, scope: MemberLimit['scope'], { id, maxRunning }: LimitChange) =>
    transaction(async (repositories) => {
      const exists =
        scope === 'datasource'
          ? await repositories.datasources.lockAgainstDelete(actor, id)
          : await repositories.limitSettings.lockMember(actor, id);
      if (!exists) throw notFound(scope === 'datasource' ? 'Datasource' : 'User');
      refuseBeyond(viewOf(parts, await repositories.limitSettings.list(actor)), maxRunning);
      const limit = { scope, key: id, maxRunning, setBy: actor.userId };
      await repositories.limitSettings.setMember(actor, limit);
      return { id, maxRunning };
    });

  return {
    view: async (actor) => viewOf(parts, await limitSettings.list(actor)),
    setDatasource: (actor, change) => set(actor, 'datasource', change),
    setUser: (actor, change) => set(actor, 'user', change),
  };
}

function viewOf(
  { runningLimits, maxQueuedPerOrg }: LimitParts,
  settings: readonly LimitSetting[],
): OrganizationLimitView {
  const own = settings.find(({ scope }) => scope === 'organization');
  return {
    organization: {
      maxRunning: own?.maxRunning ?? runningLimits.perOrg,
      maxQueued: own?.maxQueued ?? maxQueuedPerOrg,
      weight: own?.weight ?? 1,
    },
    defaults: runningLimits,
    datasources: settings.filter(({ scope }) => scope === 'datasource'),
    users: settings.filter(({ scope }) => scope === 'user'),
  };
}

function refuseBeyond({ organization }: OrganizationLimitView, maxRunning: number | null): void {
  if (maxRunning === null || maxRunning <= organization.maxRunning) return;
  const words = `must not exceed the organization's own limit, ${organization.maxRunning}`;
  throw invalid(`max_running ${words}`, { fields: { max_running: words } });
}
