import type { RunPool } from './run';

/** What a run counts against. */
export interface RunOwner {
  pool: RunPool;
  orgId: string;
  datasourceId: string;
  userId: string;
}

/** Active runs (dispatched or running) that share pool, organization, datasource and user. */
export interface ActiveGroup extends RunOwner {
  count: number;
}

/** How many runs may be active at once. An absent entry means the default; a default of undefined, no limit. */
export interface EngineLimits {
  global: number;
  perOrg: number;
  perDatasource: number;
  perUser: number | undefined;
  /** Part of a limit (0–1) that scheduled work may never take; at least one where the limit is above one. */
  interactiveShare: number;
  /** Effective at once, by id. An open breaker or a pause shows here as a datasource's limit of 0, a half-open one as 1. */
  orgs: ReadonlyMap<string, number>;
  datasources: ReadonlyMap<string, number>;
  /** By `memberKey`. */
  members: ReadonlyMap<string, number>;
}

/** A person in one organization: what is set for them there says nothing of another. Dispatchers' SQL forms the same key. */
export const memberKey = ({ orgId, userId }: Pick<RunOwner, 'orgId' | 'userId'>): string =>
  `${orgId} ${userId}`;

/** Which limit holds a run back. */
export type LimitScope = 'global' | 'organization' | 'datasource' | 'user';

const limitOfOrg = (limits: EngineLimits, orgId: string): number => limits.orgs.get(orgId) ?? limits.perOrg;
const limitOfDatasource = (limits: EngineLimits, id: string): number =>
  limits.datasources.get(id) ?? limits.perDatasource;
const limitOfMember = (limits: EngineLimits, key: string): number =>
  limits.members.get(key) ?? limits.perUser ?? Number.POSITIVE_INFINITY;

/** What scheduled work may take of a limit: the rest is kept for people. */
export function scheduledPart(limit: number, interactiveShare: number): number {
  return limit > 1 ? limit - Math.max(1, Math.floor(limit * interactiveShare)) : limit;
}

/** Who stands at a limit, as far as one pool is concerned. */
export interface AtLimit {
  orgIds: string[];
  datasourceIds: string[];
  memberKeys: string[];
}

/** Counts what is active, and says whether one more run would pass a limit. */
export interface Tally {
  /** How many more runs the limit of the whole installation leaves. */
  room(): number;
  /** The first limit that keeps the run from being admitted, or undefined when none does. */
  blockedBy(run: RunOwner): LimitScope | undefined;
  /** Those of whom no run of the pool can be admitted. */
  atLimit(pool: RunPool): AtLimit;
  add(run: RunOwner): void;
  /** Active runs of the same pool, organization, datasource and user. */
  activeOfLeaf(run: RunOwner): number;
}

/** Active runs of one organization, datasource or member. */
interface Count {
  all: number;
  scheduled: number;
}

const none: Count = { all: 0, scheduled: 0 };

function raise(counts: Map<string, Count>, id: string, by: Count): void {
  const before = counts.get(id) ?? none;
  counts.set(id, { all: before.all + by.all, scheduled: before.scheduled + by.scheduled });
}

const leafKey = ({ pool, orgId, datasourceId, userId }: RunOwner): string =>
  `${pool} ${orgId} ${datasourceId} ${userId}`;

/** Limits know nothing of `control`: its few runs are admitted apart. */
export function createTally(active: readonly ActiveGroup[], limits: EngineLimits): Tally {
  let total = 0;
  const leaves = new Map<string, number>();
  const orgs = new Map<string, Count>();
  const datasources = new Map<string, Count>();
  const members = new Map<string, Count>();

  function count({ count: n, ...run }: ActiveGroup): void {
    if (run.pool === 'control') return;
    total += n;
    leaves.set(leafKey(run), (leaves.get(leafKey(run)) ?? 0) + n);
    const scheduled = run.pool === 'scheduled' ? n : 0;
    raise(orgs, run.orgId, { all: n, scheduled });
    raise(datasources, run.datasourceId, { all: n, scheduled });
    raise(members, memberKey(run), { all: n, scheduled });
  }
  /** Of a scheduled run, the part that is left to scheduled work is full, or the whole is. */
  const isFull = ({ all, scheduled }: Count = none, limit: number, pool: RunPool): boolean =>
    all >= limit || (pool === 'scheduled' && scheduled >= scheduledPart(limit, limits.interactiveShare));
  const orgIsFull = (id: string, pool: RunPool) => isFull(orgs.get(id), limitOfOrg(limits, id), pool);
  const datasourceIsFull = (id: string, pool: RunPool) =>
    isFull(datasources.get(id), limitOfDatasource(limits, id), pool);
  // People are given no reserve against their own schedules.
  const memberIsFull = (key: string) => (members.get(key) ?? none).all >= limitOfMember(limits, key);

  for (const group of active) count(group);
  return {
    room: () => Math.max(0, limits.global - total),
    blockedBy(run) {
      const { pool, orgId, datasourceId } = run;
      if (total >= limits.global) return 'global';
      if (orgIsFull(orgId, pool)) return 'organization';
      if (datasourceIsFull(datasourceId, pool)) return 'datasource';
      if (memberIsFull(memberKey(run))) return 'user';
      return undefined;
    },
    atLimit: (pool) => ({
      orgIds: idsOf(orgs, limits.orgs).filter((id) => orgIsFull(id, pool)),
      datasourceIds: idsOf(datasources, limits.datasources).filter((id) => datasourceIsFull(id, pool)),
      memberKeys: idsOf(members, limits.members).filter(memberIsFull),
    }),
    add: (run) => {
      count({ ...run, count: 1 });
    },
    activeOfLeaf: (run) => leaves.get(leafKey(run)) ?? 0,
  };
}

/** Whoever has nothing active and no limit of its own stands at none: defaults are at least one. */
const idsOf = (counts: ReadonlyMap<string, Count>, own: ReadonlyMap<string, number>): string[] => [
  ...new Set([...counts.keys(), ...own.keys()]),
];

/** A limit that differs from the default, effective at the next tick. */
export interface LimitOverride {
  scope: LimitScope;
  /** The organization that it holds in; null for the whole installation. */
  orgId: string | null;
  /** Id of the organization, datasource or user; null for the whole installation. */
  key: string | null;
  maxRunning: number | null;
  /** Share of an organization relative to others; null = 1. */
  weight: number | null;
}

/** Defaults, as the configuration gives them. */
export type DefaultLimits = Pick<
  EngineLimits,
  'global' | 'perOrg' | 'perDatasource' | 'perUser' | 'interactiveShare'
>;

/** Defaults, overrides, and what breakers and pauses leave of a datasource's limit. */
export function limitsOf(
  defaults: DefaultLimits,
  {
    overrides,
    heldDatasources,
  }: {
    overrides: readonly LimitOverride[];
    heldDatasources: readonly { id: string; limit: number }[];
  },
): EngineLimits {
  const of = (scope: LimitScope): Map<string, number> =>
    new Map(
      overrides.flatMap(({ scope: s, key, maxRunning }) =>
        s === scope && key !== null && maxRunning !== null ? [[key, maxRunning] as const] : [],
      ),
    );
  const members = overrides.flatMap(({ scope, orgId, key, maxRunning }) =>
    scope === 'user' && orgId !== null && key !== null && maxRunning !== null
      ? [[memberKey({ orgId, userId: key }), maxRunning] as const]
      : [],
  );
  const datasources = of('datasource');
  for (const { id, limit } of heldDatasources) {
    datasources.set(id, Math.min(limit, datasources.get(id) ?? defaults.perDatasource));
  }
  const global = overrides.find(({ scope }) => scope === 'global')?.maxRunning ?? defaults.global;
  return { ...defaults, global, orgs: of('organization'), datasources, members: new Map(members) };
}

/** What may be set of an organization; an absent member stays, null goes back to the default. */
export interface OrganizationLimits {
  maxRunning?: number | null;
  weight?: number | null;
  /** Runs that may wait. */
  maxQueued?: number | null;
}

/** Bounds of what may be set, both inclusive; the tables have them too. */
export const limitBounds = {
  maxRunning: { min: 0, max: 1_000_000 },
  weight: { min: 0.01, max: 1_000 },
  maxQueued: { min: 0, max: 10_000_000 },
} as const;
