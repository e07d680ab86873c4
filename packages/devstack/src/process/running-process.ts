import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { startProblem } from '../screen/start-problem';
import type { UnprivilegedUser } from './unprivileged-user';

/** A server or service of ours, whoever keeps an eye on it. */
export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  /** Resolves when the process is gone, with how it ended in words. Never rejects. */
  readonly exited: Promise<string>;
  /** Asks the process to end; after its patience it is killed. Resolves when it is gone. */
  stop: () => Promise<void>;
  /** Ends the process now, in the quickest way that loses nothing it promised to keep. */
  stopNow: () => Promise<void>;
}

export interface Launch {
  name: string;
  command: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** Receives stdout and stderr; a file and not a pipe, because the process may outlive us. */
  logFile: string;
  runAs?: UnprivilegedUser | undefined;
  stopSignal: NodeJS.Signals;
  forceSignal: NodeJS.Signals;
  /** Milliseconds between the stop signal and the force signal. */
  patience: number;
}

/** Starts a process in a session of its own: a terminal's Ctrl-C reaches us alone, and we say when and in which order. */
export async function launch(options: Launch): Promise<RunningProcess> {
  const log = openSync(options.logFile, 'a', 0o600);
  try {
    const child = spawn(options.command, options.args, {
      env: options.env,
      cwd: options.cwd,
      detached: true,
      stdio: ['ignore', log, log],
      ...(options.runAs === undefined ? {} : { uid: options.runAs.uid, gid: options.runAs.gid }),
    });
    await spawned(child, options);
    return handleOf(child, options);
  } finally {
    closeSync(log);
  }
}

function spawned(child: ChildProcess, options: Launch): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(startProblem(`${options.name} cannot be started: ${cause.message}.`, cause)),
    );
  });
}

function handleOf(child: ChildProcess, options: Launch): RunningProcess {
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  const end = async (signal: NodeJS.Signals, patience: number): Promise<void> => {
    child.kill(signal);
    const timer = setTimeout(() => child.kill(options.forceSignal), patience);
    const lastResort = setTimeout(() => child.kill('SIGKILL'), patience + 5000);
    await exited;
    clearTimeout(timer);
    clearTimeout(lastResort);
  };
  return {
    name: options.name,
    pid: child.pid as number,
    exited,
    stop: () => end(options.stopSignal, options.patience),
    stopNow: () => end(options.forceSignal, 2000),
  };
}
