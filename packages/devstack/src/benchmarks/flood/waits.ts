import type { Client } from 'pg';
import { eventually } from '@loupe/common/testing';
import { type Spread, spreadOf } from '../runs/figures';

/** What became of the runs of some datasources in a span of time. Milliseconds, by the database's clock. */
export interface Waits {
  /** How many began. */
  runs: number;
  /** From the run's row to its start: the wait. */
  toStart: Spread;
  /** Of it, until the dispatcher admitted it. */
  toAdmission: Spread;
  /** And from there until a runner had claimed it. */
  toClaim: Spread;
  /** How long it occupied its slot. */
  executing: Spread;
}

export interface Span {
  /** What must lie between: the run's row, or its start. */
  of: 'created_at' | 'started_at';
  from: Date;
  until: Date;
}

interface Row {
  start: number;
  admission: number;
  claim: number;
  execution: number;
  state: string;
}

const between = (later: string, earlier: string): string =>
  `(extract(epoch FROM ${later} - ${earlier}) * 1000)::float8`;

/** Of those that have begun; throws if one has failed. */
export async function readWaits(
  metadata: Client,
  datasourceIds: string[],
  { of, from, until }: Span,
): Promise<Waits> {
  const { rows } = await metadata.query<Row>(
    `SELECT ${between('started_at', 'created_at')} AS start, ${between('dispatched_at', 'created_at')} AS admission,
       ${between('started_at', 'dispatched_at')} AS claim,
       ${between('coalesce(finished_at, now())', 'started_at')} AS execution, state
     FROM runs WHERE datasource_id = ANY ($1) AND ${of} >= $2 AND ${of} < $3 AND started_at IS NOT NULL`,
    [datasourceIds, from, until],
  );
  const odd = rows.find(({ state }) => state !== 'succeeded' && state !== 'running');
  if (odd !== undefined) throw new Error(`a run ended as ${odd.state}`);
  return {
    runs: rows.length,
    toStart: spreadOf(rows.map(({ start }) => start)),
    toAdmission: spreadOf(rows.map(({ admission }) => admission)),
    toClaim: spreadOf(rows.map(({ claim }) => claim)),
    executing: spreadOf(rows.filter(({ state }) => state === 'succeeded').map(({ execution }) => execution)),
  };
}

const states = [`= 'queued'`, `IN ('dispatched', 'running')`, `= 'retry_wait'`];

/** Each part from an index that holds live runs alone: this is asked while the benchmark runs. */
export async function countLive(metadata: Client, datasourceIds: string[]): Promise<number> {
  const { rows } = await metadata.query<{ live: number }>({
    name: 'live',
    text: `SELECT sum(n)::int AS live FROM (${states
      .map((state) => `SELECT count(*) AS n FROM runs WHERE state ${state} AND datasource_id = ANY ($1)`)
      .join(' UNION ALL ')}) parts`,
    values: [datasourceIds],
  });
  return rows[0]?.live ?? 0;
}

export const untilNoneIsLive = (metadata: Client, datasourceIds: string[]): Promise<unknown> =>
  eventually('all runs have ended', async () => (await countLive(metadata, datasourceIds)) === 0, 60_000);
