/**
 * A common table expression with one row if this transaction holds the dispatch mutex or gets it now, and with none if another one
 * has it. What reads from it does nothing then, so it need not wait for the answer to an earlier statement that asks for the mutex.
 */
export const mutexIfOurs = `mutex AS MATERIALIZED (SELECT FROM dispatch_mutex FOR UPDATE SKIP LOCKED)`;
