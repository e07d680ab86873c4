// `npm run test:browser`: builds, then opens the API's page and the client in a real Chromium.
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
const test = start('node', ['--require', 'tsx/cjs', 'tests/browser/main.ts']);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => test.kill(signal));
test.on('close', (code) => process.exit(code ?? 1));
