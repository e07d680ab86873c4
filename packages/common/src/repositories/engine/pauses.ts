import type { Queryable } from '../../db';
import type { OperatorDeed, Pause } from '../../models';

export type PauseTarget = Pick<Pause, 'scope' | 'key'>;

/** Effective at the next admission; what executes goes on. */
export interface PauseRepository {
  list(): Promise<Pause[]>;
  /** A pause that stands already gets the newer reason. */
  pause(target: PauseTarget, deed: OperatorDeed): Promise<void>;
  /** False when it was not paused. */
  resume(target: PauseTarget): Promise<boolean>;
  /** Whether there is such a datasource, in any organization. */
  datasourceExists(id: string): Promise<boolean>;
}

export const createPauseRepository = (db: Queryable): PauseRepository => ({
  list: () =>
    db.rows<Pause>({
      name: 'pauses.list',
      text: `SELECT scope, key, reason, paused_by AS "pausedBy", paused_at AS "pausedAt" FROM pauses ORDER BY scope, key`,
    }),
  async pause({ scope, key }, { operator, reason }) {
    await db.execute({
      name: 'pauses.pause',
      text: `INSERT INTO pauses (scope, key, reason, paused_by) VALUES ($1, $2, $3, $4)
             ON CONFLICT (scope, key) DO UPDATE SET reason = excluded.reason, paused_by = excluded.paused_by`,
      values: [scope, key, reason, operator],
    });
  },
  resume: async ({ scope, key }) =>
    (await db.execute({
      name: 'pauses.resume',
      text: 'DELETE FROM pauses WHERE scope = $1 AND key = $2',
      values: [scope, key],
    })) === 1,
  async datasourceExists(id) {
    const row = await db.row({
      name: 'pauses.datasource',
      text: 'SELECT id FROM datasources WHERE id = $1 AND deleted_at IS NULL',
      values: [id],
    });
    return row !== undefined;
  },
});
