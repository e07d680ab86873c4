import { isDatabaseAway } from './database-errors';
import type { Queryable } from './statement';

/**
 * Takes back what `work` did when it rejects, and that alone: the transaction it is a part of goes on. Not within another
 * one, and only one at a time.
 */
export async function savepoint<T>(tx: Queryable, work: () => Promise<T>): Promise<T> {
  await tx.execute({ name: 'savepoint', text: 'SAVEPOINT part', dynamic: true });
  try {
    const value = await work();
    await tx.execute({ name: 'savepoint.release', text: 'RELEASE SAVEPOINT part', dynamic: true });
    return value;
  } catch (error) {
    // The connection took the whole transaction with it.
    if (!isDatabaseAway(error)) {
      await tx.execute({ name: 'savepoint.rollback', text: 'ROLLBACK TO SAVEPOINT part', dynamic: true });
    }
    throw error;
  }
}
