import { roleIncludes, roles } from './user';

it('lets each role do what the ones after it may, and nothing more', () => {
  const table = roles.map((role) => [role, roles.filter((least) => roleIncludes(role, least))]);
  expect(table).toEqual([
    ['admin', ['admin', 'editor', 'viewer']],
    ['editor', ['editor', 'viewer']],
    ['viewer', ['viewer']],
  ]);
});
