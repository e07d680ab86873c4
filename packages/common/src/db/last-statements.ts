/**
 * What a transaction's work resolves to when its last statements are sent and not yet answered: their round trip is that of the
 * COMMIT as well. If one of them fails, PostgreSQL makes a ROLLBACK of it, and the transaction rejects with that error; nothing
 * else may make `result` reject.
 */
export class LastStatements<T> {
  constructor(readonly result: Promise<T>) {
    // Whoever commits awaits it, but perhaps only after something else.
    result.catch(() => undefined);
  }
}
