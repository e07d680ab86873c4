import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryHome } from '../testing/temporary-home';
import { createHome, homeAt } from './loupe-home';
import { loadSecrets } from './secrets';
import { startOver } from './start-over';

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
  for (const name of ['notes.txt', 'package.json', 'postgres-notes']) {
    writeFileSync(join(home.folder, name), 'mine');
  }
  writeFileSync(`${home.services}.123.new`, '{');
  writeFileSync(home.lock, '{}');
  startOver(home);
  expect(readdirSync(home.folder).sort()).toEqual([
    '.loupe-home',
    'holiday-photos',
    'instance.lock',
    'notes.txt',
    'package.json',
    'postgres-notes',
  ]);
});

it('leaves a folder alone that only looks like one of Loupe’s', () => {
  const project = homeAt(join(home.folder, 'project'));
  for (const folder of ['logs', 'redis/mydata', 'src']) {
    mkdirSync(join(project.folder, folder), { recursive: true });
  }
  for (const file of ['package.json', 'secrets.json', 'logs/mine.log']) {
    writeFileSync(join(project.folder, file), 'mine');
  }
  expect(() => createHome(project)).toThrow('holds other things already');
  expect(() => startOver(project)).toThrow('holds other things already');
  expect(readdirSync(project.folder).sort()).toEqual([
    'logs',
    'package.json',
    'redis',
    'secrets.json',
    'src',
  ]);
  expect(existsSync(join(project.folder, 'logs/mine.log'))).toBe(true);
});
