// Every installed package must come under a licence that lets anyone use, change and sell what is built from it.
import { packageManager } from './bootstrap/install.mjs';
import { packageManagerEnvironment } from './bootstrap/home.mjs';
import { run } from './bootstrap/run.mjs';

const PERMISSIVE = new Set(['MIT', 'MIT-0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0']);

/** Reviewed: they ask for no more than the licences above, and several for less. */
const REVIEWED = new Map([
  ['0BSD', 'BSD without even the notice'],
  ['BlueOak-1.0.0', 'asks only that its text or a link goes along'],
  ['CC0-1.0', 'gives up all rights'],
  ['Python-2.0', 'keeps its notice, nothing else; argparse is a port of Python’s own'],
]);

/** Packages under other terms, for development alone: nothing of them is in what Loupe ships. */
const DEVELOPMENT_ONLY = new Map([
  ['caniuse-lite', 'CC-BY-4.0 data about browsers that Babel reads while Jest transforms'],
]);

function isPermissive(licence) {
  const expression = licence.replace(/^\((.*)\)$/, '$1');
  if (expression.includes(' OR ')) return expression.split(' OR ').some(isPermissive);
  if (expression.includes(' AND ')) return expression.split(' AND ').every(isPermissive);
  return PERMISSIVE.has(expression) || REVIEWED.has(expression);
}

async function installed(option) {
  const args = ['--yes', '--prefer-offline', packageManager(), 'licenses', 'list', '--json', option];
  const { code, output } = await run('npx', args, packageManagerEnvironment());
  const start = output.indexOf('{');
  if (code !== 0 || start === -1) throw new Error(`pnpm could not list the licences: ${output.trim()}`);
  return Object.entries(JSON.parse(output.slice(start))).flatMap(([licence, packages]) =>
    packages.map(({ name, versions }) => ({ name, versions, licence })),
  );
}

const refused = (packages, exceptions) =>
  packages.filter(({ name, licence }) => !isPermissive(licence) && !exceptions.has(name));

async function check() {
  const [production, development] = await Promise.all([installed('--prod'), installed('--dev')]);
  const problems = [...refused(production, new Map()), ...refused(development, DEVELOPMENT_ONLY)];
  const total = new Set([...production, ...development].map(({ name }) => name)).size;
  for (const { name, versions, licence } of problems) {
    process.stderr.write(`${name} ${versions.join(', ')}: ${licence} is not among the accepted licences\n`);
  }
  if (problems.length > 0) return 1;
  process.stdout.write(`the licences of ${total} packages are accepted\n`);
  return 0;
}

check().then(
  (code) => (process.exitCode = code),
  (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  },
);
