import Joi from 'joi';
import { limitBounds } from '@loupe/common/models';
import type { OrganizationLimitView } from './limits.service';
import { answer, countField, idField, listField, nullable, numberField } from '../../http/response-fields';

export interface LimitBody {
  max_running: number | null;
}

/** Here `null` says something: back to the default. */
export const limitBody = Joi.object<LimitBody>({
  max_running: Joi.number()
    .allow(null)
    .integer()
    .min(limitBounds.maxRunning.min)
    .max(limitBounds.maxRunning.max)
    .required(),
});

export const presentLimits = ({ organization, defaults, datasources, users }: OrganizationLimitView) => ({
  organization: {
    max_running: organization.maxRunning,
    max_queued: organization.maxQueued,
    weight: organization.weight,
  },
  defaults: {
    datasource_max_running: defaults.perDatasource,
    user_max_running: defaults.perUser ?? null,
  },
  datasources: datasources.map(({ key, maxRunning }) => ({ datasource_id: key, max_running: maxRunning })),
  users: users.map(({ key, maxRunning }) => ({ user_id: key, max_running: maxRunning })),
});

export const presentDatasourceLimit = ({ id, maxRunning }: { id: string; maxRunning: number | null }) => ({
  datasource_id: id,
  max_running: maxRunning,
});

export const presentUserLimit = ({ id, maxRunning }: { id: string; maxRunning: number | null }) => ({
  user_id: id,
  max_running: maxRunning,
});

const maxRunningField = () => nullable(countField());

export const limitsAnswer = answer(
  {
    organization: answer({ max_running: countField(), max_queued: countField(), weight: numberField() }),
    defaults: answer({ datasource_max_running: countField(), user_max_running: maxRunningField() }),
    datasources: listField(answer({ datasource_id: idField(), max_running: maxRunningField() })),
    users: listField(answer({ user_id: idField(), max_running: maxRunningField() })),
  },
  'Limits',
);

export const datasourceLimitAnswer = answer({ datasource_id: idField(), max_running: maxRunningField() });

export const userLimitAnswer = answer({ user_id: idField(), max_running: maxRunningField() });
