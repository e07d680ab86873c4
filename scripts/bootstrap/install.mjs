import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { binFolder, checkout, packageFolders, stateFolder } from './checkout.mjs';
import { knownCause, Refusal } from './failure.mjs';
import { packageManagerEnvironment } from './home.mjs';
import { say } from './progress.mjs';
import { run } from './run.mjs';

const STAMP = join(stateFolder, 'installed');
const LOG = join(stateFolder, 'install.log');

/** By itself npm tries for over a minute before it says that there is no network. */
const PATIENCE = { npm_config_fetch_retry_mintimeout: '1000', npm_config_fetch_retry_maxtimeout: '5000' };

/** What the packages were installed from: when any of it differs, they are installed again. */
function fingerprint() {
  const files = [
    'package.json',
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    ...packageFolders().map((folder) => join(relative(checkout, folder), 'package.json')),
  ];
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}\n`);
  for (const file of files.filter((name) => existsSync(join(checkout, name)))) {
    hash.update(`${file}\n`).update(readFileSync(join(checkout, file)));
  }
  return hash.digest('hex');
}

function isInstalled(wanted) {
  if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== wanted) return false;
  return (
    existsSync(join(binFolder, 'tsc')) &&
    packageFolders().every((folder) => existsSync(join(folder, 'node_modules')))
  );
}

/** The exact pnpm that the checkout is made for. */
export function packageManager() {
  const { packageManager: name } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
  const exact = /^pnpm@\d+\.\d+\.\d+/.exec(name || '');
  if (exact === null)
    throw new Refusal('The packageManager field of package.json must name an exact version of pnpm.');
  return exact[0];
}

function runPnpm(npxOptions) {
  const args = [
    '--yes',
    ...npxOptions,
    packageManager(),
    'install',
    '--frozen-lockfile',
    '--config.confirmModulesPurge=false',
  ];
  return run('npx', args, { ...PATIENCE, ...packageManagerEnvironment() });
}

/** pnpm marks its own errors; where there are none, the last words say most. */
function gist(output) {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return (
    lines.find((line) => /ERR_|^npm error (?!code|A complete log)/.test(line)) ||
    lines[lines.length - 1] ||
    ''
  ).trim();
}

export async function installPackages() {
  const wanted = fingerprint();
  if (isInstalled(wanted)) return 'up to date';
  mkdirSync(stateFolder, { recursive: true });
  say('packages: installing what the lockfile says …');
  let answer = await runPnpm(['--prefer-offline']);
  // An offline copy can be older than the version wanted, so the second try asks the network; what is full, closed
  // or out of reach stays so.
  if (answer.code !== 0 && knownCause(answer.output) === undefined) answer = await runPnpm([]);
  if (answer.code !== 0) {
    writeFileSync(LOG, answer.output);
    const cause = knownCause(answer.output) || `The packages could not be installed: ${gist(answer.output)}`;
    throw new Refusal(`${cause} The whole output is in ${relative(checkout, LOG)}.`);
  }
  writeFileSync(STAMP, fingerprint());
  return 'installed';
}
