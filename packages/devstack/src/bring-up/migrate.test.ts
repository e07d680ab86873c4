import { LoupeError } from '@loupe/common/errors';
import { migrationSentence } from './migrate';

const fromDriver = (code: string, message: string): Error =>
  new LoupeError('database', 'An internal error occurred', {
    cause: Object.assign(new Error(message), { code }),
  });

it.each([
  ['28P01', 'refuses the login'],
  ['3D000', 'does not exist'],
  ['ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1'],
])('says what to do about %s', (code, expected) => {
  const said = migrationSentence(fromDriver(code, 'CREATE TABLE t\nconnect ECONNREFUSED 127.0.0.1:1'), true);
  expect(said).toContain('DATABASE_URL');
  expect(said).toContain(expected);
  expect(said).not.toContain('CREATE TABLE');
});

it('hands on what an administrator has to run', () => {
  const error = new LoupeError('forbidden', 'Let an administrator run: CREATE ROLE x');
  expect(migrationSentence(error, true)).toBe(error.message);
});
