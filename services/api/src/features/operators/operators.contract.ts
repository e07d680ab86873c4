import Joi from 'joi';
import type { PoolStatus } from '@loupe/common/commands/operate';
import {
  limitBounds,
  type LimitSetting,
  type OperatorAction,
  type OrganizationLimits,
  type Pause,
  type RunnerSessionView,
} from '@loupe/common/models';
import { text } from '../../http/field-rules';
import {
  answer,
  countField,
  flagField,
  idField,
  listField,
  momentField,
  nullable,
  numberField,
  oneOfField,
  openField,
  textField,
} from '../../http/response-fields';

/** Why something is done: whoever reads the record has nobody to ask. */
export const reason = () => text({ min: 1, max: 500, notBlank: true, oneLine: true }).required();

export interface ReasonBody {
  reason: string;
}

export const reasonBody = Joi.object<ReasonBody>({ reason: reason() });

/** Absent: stays. Null: the default. */
const limit = ({ min, max }: { min: number; max: number }) => Joi.number().allow(null).min(min).max(max);

export interface GlobalLimitBody extends ReasonBody {
  max_running: number | null;
}

export const globalLimitBody = Joi.object<GlobalLimitBody>({
  max_running: limit(limitBounds.maxRunning).integer().required(),
  reason: reason(),
});

export interface OrganizationLimitsBody extends ReasonBody {
  max_running?: number | null;
  weight?: number | null;
  max_queued?: number | null;
}

export const organizationLimitsBody = Joi.object<OrganizationLimitsBody>({
  max_running: limit(limitBounds.maxRunning).integer(),
  weight: limit(limitBounds.weight),
  max_queued: limit(limitBounds.maxQueued).integer(),
  reason: reason(),
}).or('max_running', 'weight', 'max_queued');

export const changeOf = (body: OrganizationLimitsBody): OrganizationLimits => ({
  maxRunning: body.max_running,
  weight: body.weight,
  maxQueued: body.max_queued,
});

export const presentDemand = (pools: PoolStatus[]) => ({
  pools: pools.map((pool) => ({
    pool: pool.pool,
    demand_slots: pool.slots,
    oldest_runnable_age_seconds: pool.oldestRunnableAgeSeconds,
    queued: pool.queued,
    dispatched: pool.dispatched,
    running: pool.running,
    retry_wait: pool.retrying,
    dead: pool.dead,
    paused: pool.paused,
  })),
});

export const presentPauses = (pauses: Pause[]) => ({
  data: pauses.map((pause) => ({
    scope: pause.scope,
    key: pause.key,
    reason: pause.reason,
    paused_by: pause.pausedBy,
    paused_at: pause.pausedAt,
  })),
});

export const presentPaused = ({
  scope,
  key,
  paused,
}: Pick<Pause, 'scope' | 'key'> & { paused: boolean }) => ({
  scope,
  key,
  paused,
});

const presentSetting = (setting: LimitSetting) => ({
  max_running: setting.maxRunning,
  weight: setting.weight,
  max_queued: setting.maxQueued,
  reason: setting.reason,
  set_by: setting.setBy,
  updated_at: setting.updatedAt,
});

const nothingSet = {
  ...{ max_running: null, weight: null, max_queued: null },
  ...{ reason: null, set_by: null, updated_at: null },
};

export const presentOrganizationLimits = ({ orgId, setting }: { orgId: string; setting?: LimitSetting }) => ({
  org_id: orgId,
  ...(setting === undefined ? nothingSet : presentSetting(setting)),
});

/** Null is the default of the configuration. */
export const presentLimits = (settings: LimitSetting[]) => ({
  global: { max_running: settings.find(({ scope }) => scope === 'global')?.maxRunning ?? null },
  organizations: settings
    .filter(({ scope }) => scope === 'organization')
    .map((setting) => presentOrganizationLimits({ orgId: setting.orgId ?? '', setting })),
});

export const presentSessions = (sessions: RunnerSessionView[]) => ({
  data: sessions.map((session) => ({
    id: session.id,
    runner_id: session.runnerId,
    pools: session.pools,
    slots: session.slots,
    running: session.running,
    draining: session.draining,
    expired: session.expired,
    started_at: session.startedAt,
    expires_at: session.expiresAt,
  })),
});

export const presentActions = (actions: OperatorAction[]) => ({
  data: actions.map((action) => ({
    id: action.id,
    operator: action.operator,
    action: action.action,
    target: action.target,
    reason: action.reason,
    created_at: action.createdAt,
  })),
});

const limitField = () => nullable(countField());

export const demandAnswer = answer({
  pools: listField(
    answer(
      {
        pool: textField(),
        demand_slots: countField(),
        oldest_runnable_age_seconds: numberField(),
        queued: countField(),
        dispatched: countField(),
        running: countField(),
        retry_wait: countField(),
        dead: countField(),
        paused: flagField(),
      },
      'PoolDemand',
    ),
  ),
});

const pauseScope = oneOfField(['pool', 'datasource']);

export const pausesAnswer = answer({
  data: listField(
    answer(
      {
        scope: pauseScope,
        key: textField(),
        reason: textField(),
        paused_by: textField(),
        paused_at: momentField(),
      },
      'Pause',
    ),
  ),
});

export const pausedAnswer = answer({ scope: pauseScope, key: textField(), paused: flagField() });

export const organizationLimitsAnswer = answer(
  {
    org_id: idField(),
    max_running: limitField(),
    weight: nullable(numberField()),
    max_queued: limitField(),
    reason: nullable(textField()),
    set_by: nullable(textField()),
    updated_at: nullable(momentField()),
  },
  'OrganizationLimits',
);

export const limitsAnswer = answer({
  global: answer({ max_running: limitField() }),
  organizations: listField(organizationLimitsAnswer),
});

export const sessionsAnswer = answer({
  data: listField(
    answer(
      {
        id: idField(),
        runner_id: textField(),
        pools: listField(textField()),
        slots: countField(),
        running: countField(),
        draining: flagField(),
        expired: flagField(),
        started_at: momentField(),
        expires_at: momentField(),
      },
      'RunnerSession',
    ),
  ),
});

export const actionsAnswer = answer({
  data: listField(
    answer(
      {
        id: idField(),
        operator: textField(),
        action: textField(),
        target: openField(),
        reason: textField(),
        created_at: momentField(),
      },
      'OperatorAction',
    ),
  ),
});
