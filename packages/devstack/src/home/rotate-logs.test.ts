import { closeSync, openSync, readdirSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@loupe/common/testing';
import { temporaryHome } from '../testing/temporary-home';
import { keepLogsSmall, rotateLogs } from './rotate-logs';

const home = temporaryHome();
const at = (name: string): string => join(home.logs, name);
afterAll(() => home.remove());

it('sets aside what has grown large and leaves the rest', () => {
  for (const name of ['api.log', 'runner.log', 'runner.log.1']) writeFileSync(at(name), 'a');
  truncateSync(at('runner.log'), 21_000_000);
  rotateLogs(home.logs);
  rotateLogs(home.logs);
  const sizes = readdirSync(home.logs).map((name) => [name, statSync(at(name)).size]);
  expect(Object.fromEntries(sizes)).toEqual({ 'api.log': 1, 'runner.log': 0, 'runner.log.1': 21_000_000 });
});

it('does so while a process writes, whose lines then begin the emptied file', async () => {
  const log = openSync(at('busy.log'), 'a');
  const rotation = keepLogsSmall(home.logs, { everyMs: 5 });
  try {
    truncateSync(at('busy.log'), 21_000_000);
    await eventually('the log is emptied', async () => statSync(at('busy.log')).size === 0);
    writeSync(log, 'next line');
    expect(statSync(at('busy.log')).size).toBe(9);
  } finally {
    rotation.stop();
    closeSync(log);
  }
});
