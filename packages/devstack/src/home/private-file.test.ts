import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryHome } from '../testing/temporary-home';
import { readPrivateJson, writePrivateFile, writePrivateJson } from './private-file';

const home = temporaryHome();
const path = join(home.folder, 'some.json');
afterAll(() => home.remove());

it('is readable by its owner alone, replaces what was there, and leaves no draft', () => {
  writeFileSync(path, 'old', { mode: 0o644 });
  writePrivateJson(path, { a: 1 });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readPrivateJson(path)).toEqual({ a: 1 });
  expect(readdirSync(home.folder).filter((name) => name.endsWith('.new'))).toEqual([]);
});

it('leaves the old content and no draft when it cannot be replaced', () => {
  const folder = join(home.folder, 'logs');
  expect(() => writePrivateFile(folder, 'text')).toThrow();
  expect(readdirSync(home.folder).filter((name) => name.endsWith('.new'))).toEqual([]);
});

it('tells an absent file from a damaged one, and never overwrites the latter', () => {
  expect(readPrivateJson(join(home.folder, 'absent.json'))).toBeUndefined();
  for (const damaged of ['', '{"a":', '[]', '7']) {
    writeFileSync(path, damaged);
    expect(() => readPrivateJson(path)).toThrow(`The file ${path} is damaged`);
    expect(readFileSync(path, 'utf8')).toBe(damaged);
  }
});
