/** What one run took, as whoever asked for it saw it. Milliseconds. */
export interface Sample {
  /** From the run's row to its start, by the database's clock where there is one. */
  toStart: number;
  /** From the request to the end being known. */
  toFinal: number;
  /** From the request to the result being read. */
  toResult: number;
}

/** One of the ways to execute a query that are compared. */
export interface Variant {
  name: 'queue' | 'minimum' | 'loupe';
  /** Executes one query whose text nobody has sent before, and reads its result. */
  once(): Promise<Sample>;
  close(): Promise<void>;
}

let made = 0;

/** A number that was not used before: it makes each statement's text its own. */
export const nextNumber = (): number => (made += 1);
