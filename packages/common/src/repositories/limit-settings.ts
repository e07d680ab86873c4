import { newId } from '../crypto';
import type { Queryable } from '../db';
import type { LimitSetting, OrgScope } from '../models';

/** One datasource's or one user's limit, as an admin sets it. */
export interface MemberLimit {
  scope: 'datasource' | 'user';
  key: string;
  /** Null: the default. */
  maxRunning: number | null;
  setBy: string;
}

/** What an organization may see of its limits, and set. What protects others from it is the operators'. */
export interface LimitSettingRepository {
  /** Without those of datasources that were deleted and of people who left. */
  list(scope: OrgScope): Promise<LimitSetting[]>;
  /** Effective at the next admission. Belongs into the transaction that has checked that the key is the organization's. */
  setMember(scope: OrgScope, limit: MemberLimit): Promise<void>;
  /** Keeps its membership as it is until the transaction ends; false when there is none. */
  lockMember(scope: OrgScope, userId: string): Promise<boolean>;
}

export const limitSettingColumns = `scope, org_id AS "orgId", key, max_running AS "maxRunning", weight::float8 AS weight,
  max_queued AS "maxQueued", reason, set_by AS "setBy", updated_at AS "updatedAt"`;

export const createLimitSettingRepository = (db: Queryable): LimitSettingRepository => ({
  list: ({ orgId }) =>
    db.rows<LimitSetting>({
      name: 'limitSettings.list',
      text: `SELECT ${limitSettingColumns} FROM limit_overrides
             WHERE org_id = $1 AND (
               scope = 'organization'
               OR scope = 'datasource' AND key IN (SELECT id FROM datasources WHERE org_id = $1 AND deleted_at IS NULL)
               OR scope = 'user' AND key IN (SELECT user_id FROM memberships WHERE org_id = $1 AND deleted_at IS NULL))
             ORDER BY scope, key`,
      values: [orgId],
    }),
  async setMember({ orgId }, { scope, key, maxRunning, setBy }) {
    if (maxRunning === null) {
      await db.execute({
        name: 'limitSettings.clearMember',
        text: 'DELETE FROM limit_overrides WHERE scope = $2 AND org_id = $1 AND key = $3',
        values: [orgId, scope, key],
      });
      return;
    }
    await db.execute({
      name: 'limitSettings.setMember',
      text: `INSERT INTO limit_overrides (id, scope, org_id, key, max_running, set_by) VALUES ($4, $2, $1, $3, $5, $6)
             ON CONFLICT (scope, org_id, key) DO UPDATE
               SET max_running = excluded.max_running, set_by = excluded.set_by, updated_at = now()`,
      values: [orgId, scope, key, newId(), maxRunning, setBy],
    });
  },
  async lockMember({ orgId }, userId) {
    const row = await db.row({
      name: 'memberships.lock',
      text: 'SELECT user_id FROM memberships WHERE org_id = $1 AND user_id = $2 AND deleted_at IS NULL FOR SHARE',
      values: [orgId, userId],
    });
    return row !== undefined;
  },
});
