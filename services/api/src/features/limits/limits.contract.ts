import Joi from 'joi';
import { limitBounds } from '@loupe/common/models';
import type { OrganizationLimitView } from './limits.service';

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
