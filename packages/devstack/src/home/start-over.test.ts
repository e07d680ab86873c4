import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryHome } from '../testing/temporary-home';
import { homeAt } from './loupe-home';
import { loadSecrets } from './secrets';
import { refuseForeignFolder, startOver } from './start-over';

const home = temporaryHome();
afterAll(() => home.remove());

it('removes what starts create and nothing else', () => {
  loadSecrets(home.secrets, false);
  for (const folder of [
    'postgres/data',
    'postgres-18.4',
    'warehouse',
    'redis',
    'redis-package',
    'holiday-photos',
  ]) {
    mkdirSync(join(home.folder, folder), { recursive: true });
  }
  writeFileSync(join(home.folder, 'notes.txt'), 'mine');
  writeFileSync(home.lock, '{}');
  startOver(home);
  expect(readdirSync(home.folder).sort()).toEqual(['holiday-photos', 'instance.lock', 'notes.txt']);
});

it('does not settle in a folder that holds other things', () => {
  expect(() => refuseForeignFolder(home)).toThrow('holds other things already');
  const inner = (name: string): ReturnType<typeof homeAt> => homeAt(join(home.folder, name));
  expect(() => refuseForeignFolder(inner('new'))).not.toThrow();
  mkdirSync(join(home.folder, 'empty'));
  expect(() => refuseForeignFolder(inner('empty'))).not.toThrow();
  mkdirSync(join(home.folder, 'project/logs'), { recursive: true });
  writeFileSync(join(home.folder, 'project/package.md'), '');
  expect(() => refuseForeignFolder(inner('project'))).toThrow('holds other things already');
});

it('settles where an earlier start has been, whatever else has come since', () => {
  loadSecrets(home.secrets, false);
  expect(() => refuseForeignFolder(home)).not.toThrow();
});
