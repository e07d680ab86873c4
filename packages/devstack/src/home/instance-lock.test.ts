import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { processIdentity } from '../process/process-identity';
import { temporaryHome } from '../testing/temporary-home';
import { acquireLock, livingHolder } from './instance-lock';
import { readPrivateJson, writePrivateJson } from './private-file';

const home = temporaryHome();
afterAll(() => home.remove());

/** The id of a process that has ended for certain. */
const endedProcess = (): number => spawnSync(process.execPath, ['-e', '0']).pid;

describe('the lock of a folder', () => {
  it('refuses a second holder, names the first, and is free again after its release', () => {
    const lock = acquireLock(home.lock);
    expect(livingHolder(home.lock)).toBe(process.pid);
    expect(() => acquireLock(home.lock)).toThrow(`already runs from ${home.folder} (process ${process.pid})`);
    lock.release();
    acquireLock(home.lock).release();
    expect(readdirSync(home.folder)).toEqual(['.loupe-home', 'logs']);
  });

  it('is taken over from a process that is gone', () => {
    writePrivateJson(home.lock, { pid: endedProcess(), identity: 'whoever' });
    const lock = acquireLock(home.lock);
    expect(livingHolder(home.lock)).toBe(process.pid);
    lock.release();
  });

  it('is taken over when its number now belongs to another process', () => {
    writePrivateJson(home.lock, { pid: process.ppid, identity: 'an earlier life' });
    acquireLock(home.lock).release();
  });

  it('is taken over when a crash of the machine has damaged it', () => {
    writeFileSync(home.lock, '{"pid": 1');
    acquireLock(home.lock).release();
  });

  it('stays with another living process', () => {
    writePrivateJson(home.lock, { pid: process.ppid, identity: processIdentity(process.ppid) });
    expect(() => acquireLock(home.lock)).toThrow(`process ${process.ppid}`);
    expect(livingHolder(home.lock)).toBe(process.ppid);
  });

  it('is taken over by one start alone when several find it stale', () => {
    const stale = { pid: endedProcess(), identity: 'whoever' };
    const other = { pid: process.ppid, identity: processIdentity(process.ppid) };
    writePrivateJson(home.lock, stale);
    writePrivateJson(`${home.lock}.claim`, other);
    expect(() => acquireLock(home.lock)).toThrow(`process ${process.ppid}`);
    expect(readPrivateJson(home.lock)).toEqual(stale);
    writePrivateJson(`${home.lock}.claim`, stale);
    acquireLock(home.lock).release();
    expect(readdirSync(home.folder)).toEqual(['.loupe-home', 'logs']);
  });
});
