import { dependencyNames } from './apt';

it('reads the names out of a package’s dependencies', () => {
  const depends = 'adduser, libatomic1 (>= 4.8), libc6:any (>= 2.34), libssl3 | libssl1.1, lua-cjson\n';
  expect(dependencyNames(depends)).toEqual(['adduser', 'libatomic1', 'libc6', 'libssl3', 'lua-cjson']);
  expect(dependencyNames('')).toEqual([]);
});
