import { newId } from '../../crypto';
import type { Queryable } from '../../db';
import type { LimitSetting, OperatorDeed, OrganizationLimits } from '../../models';
import { limitSettingColumns } from '../limit-settings';

/** What protects organizations from each other: no admin of theirs may set it. */
export interface OperatorLimitRepository {
  /** All of the installation and of organizations that differ from the defaults; those that admins set are not among them. */
  list(): Promise<LimitSetting[]>;
  setGlobal(maxRunning: number | null, deed: OperatorDeed): Promise<void>;
  /** Resolves to what stands then. Undefined: no such organization. */
  setOrganization(
    orgId: string,
    change: OrganizationLimits,
    deed: OperatorDeed,
  ): Promise<LimitSetting | undefined>;
  findOrganization(orgId: string): Promise<LimitSetting | undefined>;
  organizationExists(orgId: string): Promise<boolean>;
}

export const createOperatorLimitRepository = (db: Queryable): OperatorLimitRepository => ({
  list: () =>
    db.rows<LimitSetting>({
      name: 'operatorLimits.list',
      text: `SELECT ${limitSettingColumns} FROM limit_overrides
             WHERE scope IN ('global', 'organization') AND num_nonnulls(max_running, weight, max_queued) > 0
             ORDER BY scope, org_id`,
    }),
  async setGlobal(maxRunning, { operator, reason }) {
    await db.execute({
      name: 'operatorLimits.setGlobal',
      text: `INSERT INTO limit_overrides (id, scope, max_running, reason, set_by) VALUES ($1, 'global', $2, $3, $4)
             ON CONFLICT (scope, org_id, key) DO UPDATE SET max_running = excluded.max_running,
               reason = excluded.reason, set_by = excluded.set_by, updated_at = now()`,
      values: [newId(), maxRunning, reason, operator],
    });
  },
  setOrganization: (orgId, change, deed) => setOrganization(db, { orgId, change, deed }),
  findOrganization: (orgId) =>
    db.row<LimitSetting>({
      name: 'operatorLimits.find',
      text: `SELECT ${limitSettingColumns} FROM limit_overrides WHERE scope = 'organization' AND key = $1`,
      values: [orgId],
    }),
  async organizationExists(orgId) {
    const row = await db.row({
      name: 'operatorLimits.organization',
      text: 'SELECT id FROM organizations WHERE id = $1 AND deleted_at IS NULL',
      values: [orgId],
    });
    return row !== undefined;
  },
});

/** A member that is absent stays as it is: `$2`, `$4` and `$6` say which are there. */
async function setOrganization(
  db: Queryable,
  { orgId, change, deed }: { orgId: string; change: OrganizationLimits; deed: OperatorDeed },
): Promise<LimitSetting | undefined> {
  const { maxRunning, weight, maxQueued } = change;
  return db.row<LimitSetting>({
    name: 'operatorLimits.setOrganization',
    text: `INSERT INTO limit_overrides AS l (id, scope, org_id, key, max_running, weight, max_queued, reason, set_by)
           SELECT $8, 'organization', id, id, $3, $5, $7, $9, $10 FROM organizations WHERE id = $1 AND deleted_at IS NULL
           ON CONFLICT (scope, org_id, key) DO UPDATE SET
             max_running = CASE WHEN $2 THEN excluded.max_running ELSE l.max_running END,
             weight = CASE WHEN $4 THEN excluded.weight ELSE l.weight END,
             max_queued = CASE WHEN $6 THEN excluded.max_queued ELSE l.max_queued END,
             reason = excluded.reason, set_by = excluded.set_by, updated_at = now()
           RETURNING ${limitSettingColumns}`,
    values: [
      orgId,
      ...[maxRunning, weight, maxQueued].flatMap((value) => [value !== undefined, value ?? null]),
      ...[newId(), deed.reason, deed.operator],
    ],
  });
}
