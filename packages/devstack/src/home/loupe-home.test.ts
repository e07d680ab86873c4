import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryHome } from '../testing/temporary-home';
import { createHome, homeAt } from './loupe-home';

const home = temporaryHome();
afterAll(() => home.remove());
const inner = (name: string): ReturnType<typeof homeAt> => homeAt(join(home.folder, name));

it('settles in a folder that is new or empty, and again where it has been, whatever has come since', () => {
  createHome(inner('new/deep'));
  mkdirSync(inner('empty').folder);
  createHome(inner('empty'));
  writeFileSync(join(inner('empty').folder, 'notes.txt'), 'mine');
  createHome(inner('empty'));
});

it('says what is wrong where no folder can be made', () => {
  writeFileSync(join(home.folder, 'file'), '');
  expect(() => createHome(inner('file'))).toThrow('is a file');
  expect(() => createHome(inner('file/below'))).toThrow('is a file');
});

it('returns below /proc, too, where nothing can be made', () => {
  expect(() => createHome(homeAt('/proc/loupe/home'))).toThrow('cannot be written');
});
