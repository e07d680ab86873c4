import { type FaultStack, startFaultStack } from './fault-stack';
import { playScenario, suiteStack } from './play-scenario';
import { shortSubset } from './scenarios';

let stack: FaultStack;
const seed = Math.floor(Math.random() * 1e6);
beforeAll(async () => {
  process.stdout.write(
    `fault subset: seed ${seed} (npm run test:faults -- --short --seed ${seed} repeats it)\n`,
  );
  stack = await startFaultStack(suiteStack);
}, 120_000);
afterAll(() => stack.close());

it.each(shortSubset.map((scenario) => [`${scenario.id} ${scenario.injects}`, scenario] as const))(
  '%s',
  async (_title, scenario) => {
    const findings = await playScenario(scenario, stack, { seed, scale: 'short' });
    expect(findings.filter(({ ok }) => !ok)).toEqual([]);
  },
);
