import type { Database } from '@loupe/common/db';
import type { CronTimes } from '@loupe/common/models';
import { eventually } from '@loupe/common/testing';
import type { Customer } from './customer';

export interface PlannedSchedule extends CronTimes {
  id: string;
  customer: Customer;
  /** When it fires first, as its customer was told. */
  firstAt: Date;
}

/** The schedules that customers have made, and that fire while Loupe is hurt. */
export interface Rota {
  schedules: PlannedSchedule[];
  /** One more of each customer. */
  add(times: CronTimes): Promise<void>;
  /** Resolves when each has fired once more and then been disabled. */
  stop(): Promise<void>;
}

const patienceMs = 60_000;

export function createRota(engine: Database, customers: readonly Customer[]): Rota {
  const schedules: PlannedSchedule[] = [];
  return {
    schedules,
    async add(times) {
      const plan = async (customer: Customer): Promise<PlannedSchedule> => ({
        ...(await customer.schedule(times)),
        ...{ ...times, customer },
      });
      schedules.push(...(await Promise.all(customers.map(plan))));
    },
    async stop() {
      const ids = schedules.map(({ id }) => id);
      const since = await engine.one<{ now: Date }>({
        name: 'test.stopFrom',
        text: 'SELECT clock_timestamp() AS now',
      });
      await eventually(
        'every schedule fires',
        async () => (await firedSince(engine, ids, since.now)) === ids.length,
        patienceMs,
      );
      for (const { customer, id } of schedules) await customer.disable(id);
    },
  };
}

async function firedSince(engine: Database, ids: readonly string[], since: Date): Promise<number> {
  const { n } = await engine.one<{ n: number }>({
    name: 'test.firedSince',
    text: `SELECT count(DISTINCT schedule_id)::int AS n FROM schedule_fires
           WHERE schedule_id = ANY ($1) AND fired_at >= $2`,
    values: [ids, since],
  });
  return n;
}
