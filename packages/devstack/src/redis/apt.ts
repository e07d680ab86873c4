import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { proxySettings } from '../config/environment';
import { startProblem, toolProblem } from '../screen/start-problem';

/** apt-get and dpkg-deb on folders of our own: no root, and nothing of the system's is read for state or written. */
export interface Apt {
  update(): Promise<void>;
  /** Downloads packages without installing them; returns the files. */
  download(packages: readonly string[]): Promise<string[]>;
  unpack(file: string, into: string): Promise<void>;
  /** Everything downloaded so far: `<name>_<version>_<architecture>.deb`. */
  files(): string[];
  /** Names of the packages that a package file says it needs. */
  dependencies(file: string): Promise<string[]>;
}

const PATIENCE_MS = 120_000;

export function createApt(folder: string): Apt {
  const archives = join(folder, 'archives');
  for (const needed of ['lists/partial', 'cache/archives/partial', 'archives']) {
    mkdirSync(join(folder, needed), { recursive: true });
  }
  const configuration = join(folder, 'apt.conf');
  writeFileSync(join(folder, 'status'), '');
  writeFileSync(configuration, configurationText(folder));
  const aptGet = (args: string[]): Promise<string> =>
    run('apt-get', ['-q', '-c', configuration, ...args], archives);
  const files = (): string[] => readdirSync(archives).map((name) => join(archives, name));
  return {
    files,
    async update() {
      await aptGet(['update']);
      // It takes an unreachable mirror for a warning: one of several may be out of order.
      const lists = readdirSync(join(folder, 'lists'));
      if (!lists.some((name) => name.includes('_Packages'))) {
        throw startProblem('no package mirror of this system can be reached');
      }
    },
    async download(packages) {
      const before = new Set(files());
      await aptGet(['download', ...packages]);
      return files().filter((file) => !before.has(file));
    },
    unpack: async (file, into) => void (await run('dpkg-deb', ['-x', file, into], archives)),
    dependencies: async (file) => dependencyNames(await run('dpkg-deb', ['-f', file, 'Depends'], archives)),
  };
}

/** `libc6 (>= 2.34), libssl3 | libssl1.1` → libc6, libssl3. */
export function dependencyNames(depends: string): string[] {
  return depends
    .split(',')
    .map((entry) => /^\s*([a-z0-9][a-z0-9+.-]*)/.exec(entry)?.[1])
    .filter((name) => name !== undefined);
}

function configurationText(folder: string): string {
  return [
    // Distributions hang clean-up commands on these; run as root they would empty the system's own caches.
    '#clear APT::Update::Pre-Invoke;',
    '#clear APT::Update::Post-Invoke;',
    '#clear APT::Update::Post-Invoke-Success;',
    `Dir::State "${folder}";`,
    `Dir::State::Lists "${folder}/lists";`,
    `Dir::State::status "${folder}/status";`,
    `Dir::Cache "${folder}/cache";`,
    'Debug::NoLocking "1";',
    // Root's apt-get would download as a user that cannot write into our folder; for others this says nothing.
    'APT::Sandbox::User "root";',
    'Acquire::Languages "none";',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";',
    'Acquire::Retries "1";',
    'Acquire::http::Timeout "15";',
    'Acquire::https::Timeout "15";',
    '',
  ].join('\n');
}

function run(command: string, args: string[], cwd: string): Promise<string> {
  const env = {
    ...proxySettings(),
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    LC_ALL: 'C',
    DEBIAN_FRONTEND: 'noninteractive',
  };
  return new Promise((resolve, reject) => {
    execFile(command, args, { cwd, env, timeout: PATIENCE_MS }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(toolProblem(command, stderr.trim() === '' ? error.message : stderr));
    });
  });
}
