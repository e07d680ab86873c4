import { readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryHome } from '../testing/temporary-home';
import { rotateLogs } from './rotate-logs';

const home = temporaryHome();
afterAll(() => home.remove());

it('sets aside what has grown large and leaves the rest', () => {
  for (const name of ['api.log', 'runner.log', 'runner.log.1']) writeFileSync(join(home.logs, name), '');
  truncateSync(join(home.logs, 'runner.log'), 21_000_000);
  rotateLogs(home.logs);
  rotateLogs(home.logs);
  expect(readdirSync(home.logs).sort()).toEqual(['api.log', 'runner.log.1']);
});
