// `npm run test:faults`: builds, then hurts a whole Loupe in every way of docs/fault-suite.md.
//   -- --only S5,S7   some of the scenarios       -- --seed 7   what they choose, chosen again
//   -- --full         the real durations          -- --short    those of `npm test`
import { installPackages } from './bootstrap/install.mjs';
import { withLock } from './bootstrap/lock.mjs';
import { findNode, refuseOldNode } from './bootstrap/node-version.mjs';
import { step } from './bootstrap/progress.mjs';
import { start } from './bootstrap/run.mjs';
import { buildGate, passes } from './test/gates.mjs';

refuseOldNode();
await withLock(async () => {
  await step('packages', installPackages);
  await findNode();
});
if (!(await passes(buildGate))) process.exit(1);
process.env.TSX_TSCONFIG_PATH = 'tsconfig.test.json';
const suite = start('node', ['--require', 'tsx/cjs', 'tests/faults/main.ts', ...process.argv.slice(2)]);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => suite.kill(signal));
suite.on('close', (code) => process.exit(code ?? 1));
