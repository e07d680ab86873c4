import type { Database, Queryable } from '../db';

/** Runs `work` in one transaction, with repositories that are bound to it and to nothing else. */
export type Transaction<Repositories> = <T>(work: (repositories: Repositories) => Promise<T>) => Promise<T>;

/** @param bind makes the repositories, of the transaction's connection. */
export const transactionOf =
  <Repositories>(db: Database, bind: (tx: Queryable) => Repositories): Transaction<Repositories> =>
  (work) =>
    db.transaction((tx) => work(bind(tx)));
