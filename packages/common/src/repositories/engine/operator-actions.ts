import { newId } from '../../crypto';
import type { Queryable } from '../../db';
import type { OperatorAction, OperatorDeed } from '../../models';

/** Append-only: who changed what for the whole installation, and why. */
export interface OperatorActionRepository {
  /** Belongs into the transaction of the change itself. */
  record(deed: OperatorDeed, what: Pick<OperatorAction, 'action' | 'target'>): Promise<void>;
  /** The newest. */
  latest(limit: number): Promise<OperatorAction[]>;
}

export const createOperatorActionRepository = (db: Queryable): OperatorActionRepository => ({
  async record({ operator, reason }, { action, target }) {
    await db.execute({
      name: 'operatorActions.record',
      text: 'INSERT INTO operator_actions (id, operator, action, target, reason) VALUES ($1, $2, $3, $4, $5)',
      values: [newId(), operator, action, JSON.stringify(target), reason],
    });
  },
  latest: (limit) =>
    db.rows<OperatorAction>({
      name: 'operatorActions.latest',
      text: `SELECT id, operator, action, target, reason, created_at AS "createdAt"
             FROM operator_actions ORDER BY created_at DESC, id DESC LIMIT $1`,
      values: [limit],
    }),
});
