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
  users: ReadonlyMap<string, number>;
}

/** Which limit holds a run back. */
export type LimitScope = 'global' | 'organization' | 'datasource' | 'user';

const limitOfOrg = (limits: EngineLimits, orgId: string): number => limits.orgs.get(orgId) ?? limits.perOrg;
const limitOfDatasource = (limits: EngineLimits, id: string): number =>
  limits.datasources.get(id) ?? limits.perDatasource;
const limitOfUser = (limits: EngineLimits, id: string): number =>
  limits.users.get(id) ?? limits.perUser ?? Number.POSITIVE_INFINITY;

/** What scheduled work may take of a limit: the rest is kept for people. */
export function scheduledPart(limit: number, interactiveShare: number): number {
  return limit > 1 ? limit - Math.max(1, Math.floor(limit * interactiveShare)) : limit;
}

/** Counts what is active, and says whether one more run would pass a limit. */
export interface Tally {
  /** The first limit that keeps the run from being admitted, or undefined when none does. */
  blockedBy(run: RunOwner): LimitScope | undefined;
  add(run: RunOwner): void;
  /** Active runs of the same pool, organization, datasource and user. */
  activeOfLeaf(run: RunOwner): number;
}

const leafKey = ({ pool, orgId, datasourceId, userId }: RunOwner): string =>
  `${pool} ${orgId} ${datasourceId} ${userId}`;

/** Limits know nothing of `control`: its few runs are admitted apart. */
export function createTally(active: readonly ActiveGroup[], limits: EngineLimits): Tally {
  const counts = new Map<string, number>();
  const get = (key: string): number => counts.get(key) ?? 0;
  const add = (key: string, count: number): void => void counts.set(key, get(key) + count);

  function count({ pool, orgId, datasourceId, userId, count: n }: ActiveGroup): void {
    if (pool === 'control') return;
    add('total', n);
    add(leafKey({ pool, orgId, datasourceId, userId }), n);
    for (const key of [`o${orgId}`, `d${datasourceId}`, `u${userId}`]) {
      add(key, n);
      if (pool === 'scheduled') add(`s${key}`, n);
    }
  }
  /** Of a scheduled run, the part that is left to scheduled work is full, or the whole is. */
  function isFull(key: string, limit: number, pool: RunPool): boolean {
    if (get(key) >= limit) return true;
    return pool === 'scheduled' && get(`s${key}`) >= scheduledPart(limit, limits.interactiveShare);
  }

  for (const group of active) count(group);
  return {
    blockedBy({ pool, orgId, datasourceId, userId }) {
      if (get('total') >= limits.global) return 'global';
      if (isFull(`o${orgId}`, limitOfOrg(limits, orgId), pool)) return 'organization';
      if (isFull(`d${datasourceId}`, limitOfDatasource(limits, datasourceId), pool)) return 'datasource';
      if (get(`u${userId}`) >= limitOfUser(limits, userId)) return 'user';
      return undefined;
    },
    add: (run) => {
      count({ ...run, count: 1 });
    },
    activeOfLeaf: (run) => get(leafKey(run)),
  };
}

/** A limit that differs from the default, effective at the next tick. */
export interface LimitOverride {
  scope: LimitScope;
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
  const datasources = of('datasource');
  for (const { id, limit } of heldDatasources) {
    datasources.set(id, Math.min(limit, datasources.get(id) ?? defaults.perDatasource));
  }
  const global = overrides.find(({ scope }) => scope === 'global')?.maxRunning ?? defaults.global;
  return { ...defaults, global, orgs: of('organization'), datasources, users: of('user') };
}
