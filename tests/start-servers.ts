import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestServers } from '@loupe/devstack';
import { rememberServers } from './test-servers';

/** Runs once, before the first test that needs PostgreSQL or Redis; the workers inherit the two addresses. */
export default async function startServers(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'loupe-test-'));
  const servers = await startTestServers({ directory });
  rememberServers({ directory, stop: servers.stop });
  process.env.LOUPE_TEST_POSTGRES_URL = servers.postgresUrl;
  process.env.LOUPE_TEST_REDIS_URL = servers.redisUrl;
}
