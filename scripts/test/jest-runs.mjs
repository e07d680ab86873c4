import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { say } from '../bootstrap/progress.mjs';
import { start } from '../bootstrap/run.mjs';

/** How long Jest may take to leave once its verdict is written: what holds it longer was left open by a test. */
const LEAVE_MS = 20_000;
const POLL_MS = 500;

/** More files than this do not fail by chance. */
const MOST_SECOND_TRIES = 3;

const NODE_OPTIONS = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];

function jest(args) {
  return start('node', [...NODE_OPTIONS, 'node_modules/jest/bin/jest.js', '--passWithNoTests', ...args]);
}

/** Resolves with Jest's exit code; a Jest that does not leave is stopped, and counts as failed. */
function untilExit(child, resultFile) {
  return new Promise((resolve) => {
    let written;
    const watch = setInterval(() => {
      if (written === undefined && existsSync(resultFile)) written = Date.now();
      if (written === undefined || Date.now() - written < LEAVE_MS) return;
      clearInterval(watch);
      say('the tests are done, but something they opened keeps Jest alive: see `npm run test:open-handles`');
      child.kill('SIGKILL');
    }, POLL_MS);
    child.on('error', () => resolve(127));
    child.on('close', (code) => {
      clearInterval(watch);
      resolve(code ?? 1);
    });
  });
}

/** What Jest's own result says, with everything counted as failed that did not pass. */
function count(result, code, selection) {
  const skipped = selection.some((word) => /^(-t|--testNamePattern)/.test(word)) ? 0 : result.numPendingTests;
  if (skipped + result.numTodoTests > 0)
    say(`${skipped} skipped and ${result.numTodoTests} unwritten tests count as failed`);
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites + skipped + result.numTodoTests;
  if (code !== 0 && failed === 0)
    say('Jest failed as a whole: see above (coverage below its threshold, or an error outside of tests)');
  return { passed: result.numPassedTests, failed: code !== 0 && failed === 0 ? 1 : failed };
}

/** Each file of a Jest result with its verdict; a file that broke outside of its tests has one failure. */
const filesOf = (result) =>
  (result?.testResults ?? []).map(({ name, status, assertionResults: tests }) => ({
    name,
    hasFailed: status === 'failed',
    passed: tests.filter((test) => test.status === 'passed').length,
    failed: tests.filter((test) => test.status === 'failed').length || (status === 'failed' ? 1 : 0),
  }));

/**
 * Real servers and real kills on a machine that others use too: a file that failed is tried once more, with nothing beside it. One
 * that passes then counts as passed and is named, for there is a race in the test or in what it tests. It is to be mended.
 */
async function withSecondTry(first, play) {
  const failing = filesOf(first.result).filter(({ hasFailed }) => hasFailed);
  if (failing.length === 0 || failing.length > MOST_SECOND_TRIES) return first;
  const names = failing.map(({ name }) => name);
  say(`failed, and tried once more alone: ${names.join(' ')}`);
  const second = filesOf((await play(names)).result);
  let { passed, failed } = first;
  for (const before of failing) {
    const now = second.find(({ name }) => name === before.name);
    if (now === undefined || now.hasFailed) continue;
    say(`FLAKY: ${now.name} failed first, and passed alone`);
    passed += now.passed - before.passed;
    failed -= before.failed;
  }
  return { passed, failed };
}

/** All tests, or those that `selection` names. Fault tests spawn whole stacks and so run one by one, alone. */
export async function runTests(selection) {
  const folder = mkdtempSync(join(tmpdir(), 'loupe-jest-'));
  const runOnce = async (name, args) => {
    const resultFile = join(folder, `${name}.json`);
    const code = await untilExit(
      jest([...args, '--json', `--outputFile=${resultFile}`, ...selection]),
      resultFile,
    );
    if (!existsSync(resultFile)) return { passed: 0, failed: code === 0 ? 0 : 1 };
    const result = JSON.parse(readFileSync(resultFile, 'utf8'));
    return { ...count(result, code, selection), result };
  };
  const play = async (name, { projects, options }) => {
    const args = ['--selectProjects', ...projects];
    const first = await runOnce(name, [...args, ...options]);
    if (selection.length > 0) return first;
    return withSecondTry(first, (files) =>
      runOnce(`${name}-again`, [...args, '--runInBand', '--runTestsByPath', ...files]),
    );
  };
  try {
    const coverage = selection.length === 0 ? ['--coverage'] : [];
    const most = await play('most', { projects: ['unit', 'db', 'api'], options: coverage });
    const fault = await play('fault', { projects: ['fault'], options: ['--runInBand'] });
    const passed = most.passed + fault.passed;
    const failed = most.failed + fault.failed;
    if (passed + failed > 0) return { passed, failed };
    say('no test ran, and so nothing was shown');
    return { passed, failed: 1 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
