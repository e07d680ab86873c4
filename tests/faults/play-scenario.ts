import { eventually } from '@loupe/common/testing';
import { createCustomer, type Customer } from './customer';
import { type FaultStack, startFaultStack } from './fault-stack';
import { buildGates, type Gates } from './gates';
import { violations } from './invariants';
import { misfires } from './misfires';
import { type Load, startLoad } from './load';
import { observe } from './observations';
import { redisProbe } from './redis-probe';
import { createRota } from './rota';
import { type Finding, none, type Scale, type Scenario, type Stage } from './scenario';
import { seededRandom } from './seeded-random';

export interface PlayOptions {
  seed: number;
  scale: Scale;
}

/** Two APIs, two schedulers, three runners: enough for each to lose one and for another to take over. */
export const suiteStack = {
  topology: { api: 2, scheduler: 2, runner: 3 },
  settings: { SCHEDULE_MIN_INTERVAL_SECONDS: '1' },
};

const everyTwoSeconds = { cronExpression: '*/2 * * * * *', timezone: 'UTC' };

const organizations = 5;
const drainMs = 120_000;
let gatesUsed = 0;

/** Hurts a running Loupe as the scenario says, heals it, lets every run end, and holds what was seen against the promises. */
export async function playScenario(
  scenario: Scenario,
  stack: FaultStack,
  options: PlayOptions,
): Promise<Finding[]> {
  const stage = await openStage(scenario, stack, options);
  const { load, rota, observations, since } = stage;
  try {
    const judge = await scenario.play(stage);
    await load.stop();
    await stack.heal();
    await rota.stop();
    await eventually('every run has ended', async () => (await observations.live()) === 0, drainMs);
    const acknowledged = load.acknowledged;
    return [
      ...(await judge()),
      none('invariant broken', await violations(stack.engine, { acknowledged, since })),
      none('misfire', await misfires(stack.engine, rota.schedules)),
      none('accepted cancel that ended otherwise', await cancelledInVain(stage)),
      none('refusal out of shape', load.impolite),
      none('statement left in the source', await stack.source.running()),
    ];
  } finally {
    await load.stop();
  }
}

/** What the answers promised, apart from what the rows say of themselves. */
async function cancelledInVain({ observations, load }: Stage): Promise<string[]> {
  const ends = await observations.standings(load.cancelled);
  return ends.filter(({ state }) => state !== 'cancelled').map(({ id, state }) => `${id} is ${state}`);
}

/** The same in a Loupe of its own. */
export async function playAlone(scenario: Scenario, options: PlayOptions): Promise<Finding[]> {
  const stack = await startFaultStack({ ...suiteStack, ...(await scenario.ownStack?.()) });
  try {
    return await playScenario(scenario, stack, options);
  } finally {
    await stack.close();
  }
}

async function openStage(scenario: Scenario, stack: FaultStack, options: PlayOptions): Promise<Stage> {
  const random = seededRandom(`${options.seed} ${scenario.id}`);
  const observations = observe(stack.engine);
  const gates = await buildGates(stack.source);
  const customers = await Promise.all(
    Array.from({ length: organizations }, () => createCustomer(stack.apis, stack.source.settings)),
  );
  const since = await observations.now();
  const load = scenario.isQuiet === true ? quiet() : startLoad({ customers, random });
  const rota = createRota(stack.engine, customers);
  if (scenario.isQuiet !== true) await rota.add(everyTwoSeconds);
  const holdQueued = (count: number) => hold(count, { customers, gates, load });
  return {
    ...{ stack, customers, load, rota, random, observations, since, holdQueued },
    redis: redisProbe(stack),
    choose: (of) => of[options.scale],
    async hold(count) {
      const held = await holdQueued(count);
      await eventually(
        'they execute',
        async () => (await observations.standings(held.ids)).every(({ state }) => state === 'running'),
        30_000,
      );
      await eventually('their statements execute', async () => {
        const statements = await stack.source.running();
        return statements.filter((text) => text.includes(held.statement)).length >= count;
      });
      return held;
    },
  };
}

const quiet = (): Load => ({
  ...{ acknowledged: [], cancelled: [], answers: [], impolite: [] },
  stop: () => Promise.resolve(),
});

async function hold(
  count: number,
  { customers, gates, load }: { customers: readonly Customer[]; gates: Gates; load: Load },
) {
  const gate = (gatesUsed += 1);
  const statement = gates.statement(gate);
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const customer = customers[n % customers.length] as Customer;
    ids.push(await customer.start(statement, { timeout_seconds: 300 }));
  }
  load.acknowledged.push(...ids);
  return { ids, statement, release: () => gates.open(gate) };
}
