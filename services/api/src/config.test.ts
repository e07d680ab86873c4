import { randomBytes } from 'node:crypto';
import { loadConfig } from '@loupe/common/config';
import { LoupeError } from '@loupe/common/errors';
import { apiConfig } from './config';

const key = () => randomBytes(32).toString('base64');
const load = (more: Record<string, string> = {}) =>
  loadConfig(apiConfig, {
    DATABASE_URL: 'postgres://loupe:pw@db.example.com/loupe',
    PASSWORD_PEPPER: key(),
    ENCRYPTION_KEY: key(),
    ...more,
  });

function problemsOf(more: Record<string, string>): Record<string, string> | undefined {
  try {
    load(more);
  } catch (error) {
    if (error instanceof LoupeError) return error.fields;
    throw error;
  }
  return {};
}

describe('the first admin', () => {
  it('is none by default', () => {
    expect(load().admin.firstAdmin).toBeUndefined();
  });

  it('is known by its address in lower case', () => {
    const { admin } = load({ ADMIN_USERNAME: 'Root@Example.com', ADMIN_PASSWORD: 'long enough' });
    expect(admin.firstAdmin).toEqual({ email: 'root@example.com', password: 'long enough' });
  });

  it('needs both, an address, and a password as good as any other', () => {
    expect(problemsOf({ ADMIN_USERNAME: 'a@example.com' })).toHaveProperty('ADMIN_PASSWORD');
    expect(problemsOf({ ADMIN_PASSWORD: 'long enough' })).toHaveProperty('ADMIN_USERNAME');
    const problems = problemsOf({ ADMIN_USERNAME: 'root', ADMIN_PASSWORD: 'short' });
    expect(Object.keys(problems ?? {}).sort()).toEqual(['ADMIN_PASSWORD', 'ADMIN_USERNAME']);
    expect(JSON.stringify(problems)).not.toContain('short"');
  });
});
