/**
 * What a transaction's work resolves to when its last statements are sent and not yet answered: their round trip is that of the
 * COMMIT as well. If the server refuses one of them, it makes a ROLLBACK of the COMMIT, and the transaction rejects with that error. One that
 * cannot even be sent is missing from what was committed, so their values must be plain: the transaction rejects as `internal` then.
 * Nothing else may make `result` reject.
 */
export class LastStatements<T> {
  constructor(readonly result: Promise<T>) {
    // Whoever commits awaits it, but perhaps only after something else.
    result.catch(() => undefined);
  }
}
