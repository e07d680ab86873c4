// `npm test`: set-up, then every gate, then every test. Nothing that fails hides what comes after it, and the last
// line counts: failed gates are failed tests. With arguments (`npm test -- packages/common/src/sql`) only the tests
// that Jest selects by them run, and no gate but the types.
import { sentenceFor } from './bootstrap/failure.mjs';
import { installPackages } from './bootstrap/install.mjs';
import { withLock } from './bootstrap/lock.mjs';
import { findNode, refuseOldNode } from './bootstrap/node-version.mjs';
import { say, step } from './bootstrap/progress.mjs';
import { buildGate, gates, passes } from './test/gates.mjs';
import { runTests } from './test/jest-runs.mjs';

const selection = process.argv.slice(2);

function conclude({ passed, failed }) {
  process.stdout.write(`Tests: ${passed} passed, ${failed} failed\n`);
  process.exit(failed === 0 ? 0 : 1);
}

async function setUp() {
  refuseOldNode();
  await withLock(async () => {
    await step('packages', installPackages);
    await findNode();
  });
}

async function test() {
  await setUp();
  const due = selection.length === 0 ? [buildGate, ...gates()] : [buildGate];
  if (selection.length > 0) say(`only the types and the tests that match: ${selection.join(' ')}`);
  let failedGates = 0;
  for (const gate of due) if (!(await passes(gate))) failedGates += 1;
  const { passed, failed } = await runTests(selection);
  conclude({ passed, failed: failed + failedGates });
}

test().catch((error) => {
  process.stderr.write(`loupe: ${sentenceFor(error)}\n`);
  conclude({ passed: 0, failed: 1 });
});
