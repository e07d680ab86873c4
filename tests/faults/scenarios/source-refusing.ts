import { newId } from '@loupe/common/crypto';
import { eventually, openPostgresSource, type PostgresSource, startTcpProxy } from '@loupe/common/testing';
import { copiesOf } from '../copies';
import { createCustomer, type Customer } from '../customer';
import { elapse } from '../gates';
import { equal, type Finding, type Scenario, type Stage } from '../scenario';
import { type Waits, waits } from '../waits';

/** A customer whose source takes nobody in: first nobody listens, then it has no connection left. */
interface Flooder {
  customer: Customer;
  refuse(): Promise<void>;
  limitRate(): Promise<void>;
  repair(): Promise<void>;
  close(): Promise<void>;
}

async function createFlooder({ stack }: Stage): Promise<Flooder> {
  const source = await openPostgresSource();
  const { settings } = source;
  const proxy = await startTcpProxy(`tcp://${settings.host}:${settings.port}`);
  const behindProxy = { ...settings, host: '127.0.0.1', port: proxy.port };
  return {
    customer: await createCustomer(stack.apis, behindProxy),
    refuse: () => proxy.cut(),
    async limitRate() {
      await limitConnections(source, 0);
      await proxy.restore();
    },
    repair: () => limitConnections(source, -1),
    async close() {
      await proxy.close();
      await source.close();
    },
  };
}

async function limitConnections({ admin, settings }: PostgresSource, limit: number): Promise<void> {
  await admin((client) => client.query(`ALTER ROLE ${settings.user} CONNECTION LIMIT ${limit}`));
}

/** As an operator would. */
async function raiseQueueLimit({ stack }: Stage, runId: string, maxQueued: number): Promise<void> {
  await stack.engine.execute({
    name: 'test.raiseQueueLimit',
    text: `INSERT INTO limit_overrides (id, scope, org_id, key, max_queued, set_by)
           SELECT $1, 'organization', org_id, org_id, $3, 'test' FROM runs WHERE id = $2`,
    values: [newId(), runId, maxQueued],
  });
}

/** Seconds that a breaker stays open: each failure of a probe doubles it. */
const periods = [10, 20, 40, 80];
/** A tick that began before the breaker opened admits what it has chosen. */
const tickSeconds = 0.3;

/**
 * Seconds from the opening of the breaker, or from the probe before, to each probe: whatever was admitted to the source although
 * it was known not to work.
 */
async function probesOf({ stack }: Stage, runId: string): Promise<number[]> {
  const rows = await stack.engine.rows<{ gap: number }>({
    name: 'test.probes',
    text: `WITH of_source AS (
             SELECT e.at, e.from_state, e.to_state, e.error_class FROM run_events e JOIN runs ON runs.id = e.run_id
             WHERE datasource_id = (SELECT datasource_id FROM runs WHERE id = $1)
           ), opened AS (
             -- The fifth failure in a row.
             SELECT at FROM of_source WHERE from_state = 'running' AND error_class IS NOT NULL ORDER BY at OFFSET 4 LIMIT 1
           ), repaired AS (
             SELECT min(at) AS at FROM of_source WHERE to_state = 'succeeded'
           ), admitted AS (
             SELECT of_source.at, opened.at AS opened_at FROM of_source, opened, repaired
             WHERE to_state = 'dispatched' AND of_source.at > opened.at + make_interval(secs => $2)
               AND (repaired.at IS NULL OR of_source.at < repaired.at)
           )
           SELECT extract(epoch FROM at - lag(at, 1, opened_at) OVER (ORDER BY at))::float8 AS gap FROM admitted ORDER BY at`,
    values: [runId, tickSeconds],
  });
  return rows.map(({ gap }) => gap);
}

function oneProbeAPeriod(gaps: readonly number[]): Finding {
  const ok = gaps.length >= 2 && gaps.every((gap, n) => gap >= (periods[n] ?? Infinity) - tickSeconds);
  return { text: `probes after ${gaps.map((gap) => gap.toFixed(1)).join(', ')} s`, ok };
}

interface Phase {
  from: Date;
  to: Date;
}

async function during({ observations }: Stage, work: () => Promise<void>): Promise<Phase> {
  const from = await observations.now();
  await work();
  return { from, to: await observations.now() };
}

/** What the runs of everybody else waited that were made in that phase. */
async function othersIn({ stack }: Stage, runId: string, { from, to }: Phase): Promise<Waits> {
  const rows = await stack.engine.rows<{ id: string }>({
    name: 'test.others',
    text: `SELECT id FROM runs WHERE created_at BETWEEN $1 AND $2
             AND org_id <> (SELECT org_id FROM runs WHERE id = $3)`,
    values: [from, to, runId],
  });
  return waits(
    stack.engine,
    rows.map(({ id }) => id),
  );
}

async function untilOver({ stack }: Stage, last: string): Promise<void> {
  const { engine } = stack;
  const isOver = async (): Promise<boolean> => {
    const { live } = await engine.one<{ live: boolean }>({
      name: 'test.floodLives',
      text: `SELECT EXISTS (SELECT FROM runs WHERE state = 'queued'
               AND org_id = (SELECT org_id FROM runs WHERE id = $1) AND id <> $1) AS live`,
      values: [last],
    });
    return !live;
  };
  await eventually('the flood is over', isOver, 120_000);
}

/** Before, during and after the flood: what the machine itself does in between is in the outer two. */
function steady([before, meanwhile, after]: readonly Waits[]): Finding {
  const [quiet, flooded] = [[before, after], [meanwhile]].map((of) =>
    Math.max(...of.map((one) => one?.p95 ?? NaN)),
  );
  const ms = (seconds = NaN): string => `${Math.round(seconds * 1_000)} ms`;
  return {
    text: `others’ p95 wait ${[before, meanwhile, after].map((one) => ms(one?.p95)).join(', ')} (before, during, after)`,
    ok: (flooded as number) <= 1.2 * (quiet as number),
  };
}

/** Longer than the first two periods of the breaker, so that there are probes to count. */
const floodSeconds = 36;

export const sourceRefusing: Scenario = {
  id: 'S25',
  injects: 'a source that refuses, then has no connection left, while its tenant floods 20,000 runs',
  expects: 'at most one probe per period of its breaker; others’ p95 wait within 20 % of what it was',
  async play(stage) {
    const { choose } = stage;
    const flood = choose({ short: 2_000, scaled: 20_000, full: 20_000 });
    const quietSeconds = choose({ short: 10, scaled: 20, full: 40 });
    const { customer, ...source } = await createFlooder(stage);
    try {
      const before = await during(stage, () => elapse(quietSeconds));
      await source.refuse();
      const first = await customer.start('SELECT 1');
      await raiseQueueLimit(stage, first, 2 * flood);
      await copiesOf(stage, first, { count: flood - 1, waitSeconds: floodSeconds + 4 });
      const meanwhile = await during(stage, async () => {
        await elapse(floodSeconds / 2);
        await source.limitRate();
        await elapse(floodSeconds / 2);
      });
      await source.repair();
      // The queue's limit was raised indeed: there is room behind all of them.
      const last = await customer.start('SELECT 1');
      stage.load.acknowledged.push(first, last);
      await untilOver(stage, last);
      const after = await during(stage, () => elapse(quietSeconds));
      const { status } = await customer.final(last);
      return async () => [
        oneProbeAPeriod(await probesOf(stage, first)),
        steady(await Promise.all([before, meanwhile, after].map((phase) => othersIn(stage, first, phase)))),
        equal('once it is repaired', String(status), 'completed'),
      ];
    } finally {
      await source.close();
    }
  },
};
