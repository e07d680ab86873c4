import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { processIdentity } from '../process/process-identity';
import { startProblem } from '../screen/start-problem';
import { createApt, type Apt } from './apt';
import { environmentOf, examine, type RedisProgram } from './redis-program';

/** What to unpack, and the program inside, in order of preference. */
const CANDIDATES = [
  { packages: ['redis-server', 'redis-tools'], program: 'usr/bin/redis-server' },
  { packages: ['valkey-server', 'valkey-tools'], program: 'usr/bin/valkey-server' },
] as const;

// A library's own libraries come one round later; nothing of Redis's is deeper than this.
const ROUNDS = 4;

/** On Debian and its kin: the distribution's own Redis, as unpacked by an earlier start. */
export function findUnpackedRedis(folder: string): RedisProgram | undefined {
  const libraryPath = libraryFolders(folder).join(delimiter);
  for (const { program } of CANDIDATES) {
    const command = join(folder, program);
    if (!existsSync(command)) continue;
    const found = examine(command, 'the distribution’s package, unpacked', libraryPath);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Fetches the distribution's package and unpacks it into `folder`, which gets its name only when it is whole. */
export async function unpackRedis(folder: string): Promise<RedisProgram> {
  removeAbandonedDrafts(folder);
  const draft = `${folder}.${process.pid}.new`;
  const root = join(draft, 'root');
  mkdirSync(root, { recursive: true });
  try {
    const apt = createApt(join(draft, 'apt'));
    await apt.update();
    const program = await unpackFirstAvailable(apt, root);
    await addMissingLibraries(apt, { root, program });
    rmSync(folder, { recursive: true, force: true });
    renameSync(root, folder);
    chmodSync(folder, 0o755);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  const redis = findUnpackedRedis(folder);
  if (redis === undefined)
    throw startProblem('The distribution’s Redis is too old (6.2 is needed) or does not run here.');
  return redis;
}

/** A start that was killed while unpacking leaves its draft behind; one that still works on its own is left alone. */
function removeAbandonedDrafts(folder: string): void {
  for (const name of readdirSync(dirname(folder))) {
    const pid = /^redis-package\.(\d+)\.new$/.exec(name)?.[1];
    if (pid === undefined || processIdentity(Number(pid)) !== undefined) continue;
    rmSync(join(dirname(folder), name), { recursive: true, force: true });
  }
}

export const hasApt = (): boolean => existsSync('/usr/bin/apt-get') && existsSync('/usr/bin/dpkg-deb');

async function unpackFirstAvailable(apt: Apt, root: string): Promise<string> {
  let problem: unknown;
  for (const { packages, program } of CANDIDATES) {
    try {
      for (const file of await apt.download(packages)) await apt.unpack(file, root);
      return program;
    } catch (error) {
      problem ??= error;
    }
  }
  throw problem;
}

/** Downloads only what this machine's loader lacks. */
async function addMissingLibraries(apt: Apt, what: { root: string; program: string }): Promise<void> {
  const asked = new Set<string>();
  let wanted = [...CANDIDATES.flatMap(({ packages }) => packages)] as string[];
  for (let round = 0; round < ROUNDS && missingLibraries(what.root, what.program).length > 0; round++) {
    const names = await librariesNeededBy(apt, wanted);
    wanted = names.filter((name) => !asked.has(name));
    for (const name of wanted) asked.add(name);
    if (wanted.length === 0) return;
    for (const file of await apt.download(wanted)) await apt.unpack(file, what.root);
  }
}

async function librariesNeededBy(apt: Apt, packages: readonly string[]): Promise<string[]> {
  const files = apt.files().filter((file) => packages.some((name) => file.includes(`/${name}_`)));
  const names = (await Promise.all(files.map((file) => apt.dependencies(file)))).flat();
  // The C library belongs to the loader: a second one beside it breaks both.
  return [...new Set(names)].filter((name) => /^(lib|lua)/.test(name) && !/^(libc6|libgcc)/.test(name));
}

function missingLibraries(root: string, program: string): string[] {
  const env = {
    ...environmentOf({ libraryPath: libraryFolders(root).join(delimiter) }),
    PATH: '/usr/bin:/bin',
  };
  const said = execFileSync('ldd', [join(root, program)], { encoding: 'utf8', env });
  return said.split('\n').filter((line) => line.includes('not found'));
}

/** `usr/lib/<architecture>` and `lib/<architecture>` below the folder. */
function libraryFolders(root: string): string[] {
  return ['usr/lib', 'lib'].flatMap((name) => {
    const folder = join(root, name);
    if (!existsSync(folder)) return [];
    const inner = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [folder, ...inner.map((entry) => join(folder, entry.name))];
  });
}
