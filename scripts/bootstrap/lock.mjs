import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { stateFolder } from './checkout.mjs';
import { say } from './progress.mjs';
import { stopRunning } from './run.mjs';

// Two installs or two builds at once in one checkout break each other: the second waits for the first.

const LOCK = join(stateFolder, 'bootstrap.lock');
const TAKEOVER = `${LOCK}.takeover`;
const HEARTBEAT_MS = 2_000;
/** A holder that has not been heard of for so long is gone, whatever its process number says today. */
const SILENCE_MS = 60_000;
const POLL_MS = 200;

let heartbeat;

function create(file) {
  try {
    const handle = openSync(file, 'wx');
    writeSync(handle, JSON.stringify({ pid: process.pid, host: hostname() }));
    closeSync(handle);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function remove(file) {
  try {
    unlinkSync(file);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

/** The lock may go while it is held: with node_modules, when someone removes that. */
function touch() {
  try {
    utimesSync(LOCK, new Date(), new Date());
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Who holds a lock file: undefined when nobody, with `gone` when its holder is no more. */
function holder(file) {
  try {
    const silentFor = Date.now() - statSync(file).mtimeMs;
    const text = readFileSync(file, 'utf8');
    // Between making the file and writing it, it is empty.
    const { pid, host } = text === '' ? {} : JSON.parse(text);
    const died = pid !== undefined && host === hostname() && !isRunning(pid);
    return { pid, gone: died || silentFor > SILENCE_MS };
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    if (error instanceof SyntaxError) return { pid: undefined, gone: true };
    throw error;
  }
}

/** Of several that find the same dead holder, one may remove its lock; else the last would remove the first's. */
function takeOver() {
  const other = holder(TAKEOVER);
  if (other !== undefined && other.gone) remove(TAKEOVER);
  if (!create(TAKEOVER)) return false;
  try {
    const current = holder(LOCK);
    if (current !== undefined && current.gone) remove(LOCK);
    return create(LOCK);
  } finally {
    remove(TAKEOVER);
  }
}

async function acquire() {
  mkdirSync(stateFolder, { recursive: true });
  let told = false;
  while (!create(LOCK)) {
    const current = holder(LOCK);
    if (current !== undefined && current.gone && takeOver()) break;
    if (!told && current !== undefined && !current.gone) {
      say(`another set-up is at work in this checkout (process ${current.pid}): waiting for it …`);
      told = true;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  heartbeat = setInterval(touch, HEARTBEAT_MS);
}

export function releaseLock() {
  if (heartbeat === undefined) return;
  clearInterval(heartbeat);
  heartbeat = undefined;
  remove(LOCK);
}

function releaseOnSignals() {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ]) {
    process.once(signal, () => {
      stopRunning(signal);
      releaseLock();
      process.exit(code);
    });
  }
}

export async function withLock(work) {
  await acquire();
  releaseOnSignals();
  try {
    return await work();
  } finally {
    releaseLock();
  }
}
