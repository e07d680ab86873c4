import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../bootstrap/checkout.mjs';
import { withLock } from '../bootstrap/lock.mjs';
import { say, step } from '../bootstrap/progress.mjs';
import { run } from '../bootstrap/run.mjs';

export const buildGate = { name: 'types', program: 'tsc', args: ['-b'], lock: true };

const everyGate = [
  { name: 'types of the tests', program: 'tsc', args: ['-p', 'tsconfig.test.json'] },
  { name: 'lint', program: 'eslint', args: ['.', '--max-warnings', '0'] },
  { name: 'format', program: 'prettier', args: ['--check', '--log-level', 'warn', '.'] },
  { name: 'unused files, exports and dependencies', program: 'knip', args: ['--no-progress'] },
  { name: 'licences', program: 'node', args: ['scripts/check-licences.mjs'] },
  { name: 'configuration docs', program: 'node', args: ['scripts/configuration-docs.mjs', '--check'] },
  { name: 'table of the contract tests', program: 'node', args: ['scripts/contract-tests.mjs', '--check'] },
];

/** A gate whose script the checkout does not hold has nothing to say. */
export const gates = () =>
  everyGate.filter(({ program, args }) => program !== 'node' || existsSync(join(checkout, args[0])));

const check = ({ program, args }) => run(program, args);

/** Runs one gate, prints its verdict, and what it has to say when it fails. */
export async function passes(gate) {
  let result;
  await step(gate.name, async () => {
    result = gate.lock ? await withLock(() => check(gate)) : await check(gate);
    return result.code === 0 ? 'ok' : 'FAILED';
  });
  if (result.code === 0) return true;
  process.stdout.write(`${result.output.trim()}\n`);
  say(`${gate.name}: failed, see above`);
  return false;
}
