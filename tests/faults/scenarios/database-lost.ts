import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@loupe/common/testing';
import { elapse } from '../gates';
import { equal, type Finding, none, type Scenario, type Stage } from '../scenario';

/** Pids of all processes, which stay the same as long as none has exited. */
const pids = ({ stack }: Stage): string =>
  stack.members.map((member) => (member.isUp() ? member.pid() : `${member.name} is gone`)).join(' ');

const refusals = ({ load }: Stage): number => load.answers.filter(({ status }) => status === 503).length;

/** Acknowledged again, after everything. */
async function untilAccepted({ load }: Stage): Promise<void> {
  const before = load.acknowledged.length;
  await eventually('runs are acknowledged again', () => load.acknowledged.length > before + 10, 60_000);
}

const isRefused = (stage: Stage): Finding => ({
  text: `${refusals(stage)} answers 503`,
  ok: refusals(stage) > 0,
});

export const databaseKilled: Scenario = {
  id: 'S15',
  injects: 'immediate stop of PostgreSQL, back after 10 s',
  expects: '503 meanwhile; every acknowledged row present; no re-run; no process exits',
  async play(stage) {
    await elapse(2);
    const before = pids(stage);
    const held = await stage.hold(6);
    await stage.stack.postgres.kill();
    // Their statements end while there is nowhere to write it.
    await held.release();
    await elapse(stage.choose({ short: 6, scaled: 10, full: 10 }));
    await stage.stack.postgres.start();
    await untilAccepted(stage);
    const after = pids(stage);
    return async () => [
      isRefused(stage),
      none('run executed twice', await executedTwice(stage)),
      equal('processes that exited', before === after ? 'none' : after, 'none'),
    ];
  },
};

/**
 * A claim whose answer was lost with the server was never executed; its runner hands it back. Everything else that was
 * claimed twice was executed twice.
 */
async function executedTwice({ observations, since }: Stage): Promise<string[]> {
  const again = await observations.standings(await observations.executedAgain(since));
  const twice = again.filter(({ attempt, preempts }) => attempt - preempts > 1);
  return observations.histories(twice.map(({ id }) => id));
}

const diskSize = 400 * 1_024 * 1_024;
let disk: string | undefined;

/** A small file system for the database's data alone. */
function mountDisk(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${diskSize},mode=700`, 'tmpfs', folder]);
  if (mounted.status !== 0) throw new Error('no file system could be mounted');
  disk = folder;
  return () => void spawnSync('umount', [folder]);
}

/** Writes until nothing more can be written. */
function fillDisk(folder: string): string {
  const file = join(folder, 'filler');
  const block = Buffer.alloc(1_024 * 1_024);
  for (let size = 1; size > 0; size += 1) {
    try {
      writeFileSync(file, block, { flag: 'a' });
    } catch {
      break;
    }
  }
  return file;
}

export const diskFull: Scenario = {
  id: 'S18',
  injects: 'PostgreSQL’s disk full for 15 s (a small tmpfs)',
  expects: 'no ack without a row; work goes on when there is room again',
  cannotRun() {
    if (process.getuid?.() !== 0) return 'mounting a small file system needs root';
    const probe = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']);
    return probe.status === 0 ? undefined : 'this system lets nobody mount a file system';
  },
  ownStack: () => ({ mountPostgres: mountDisk }),
  async play(stage) {
    const { stack } = stage;
    await elapse(2);
    const filler = fillDisk(disk as string);
    await elapse(stage.choose({ short: 10, scaled: 15, full: 15 }));
    // Full for tables as well as for the log, if the log had a little room left.
    fillDisk(disk as string);
    await elapse(2);
    rmSync(filler, { force: true });
    // A server that could not even write its log has given up, and whoever runs it starts it again.
    if (!stack.postgres.isUp()) await stack.postgres.start();
    await untilAccepted(stage);
    return async () => [
      isRefused(stage),
      equal(
        'processes that live',
        stack.members.filter((member) => member.isUp()).length,
        stack.members.length,
      ),
    ];
  },
};
